package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Chap;
import io.vmstore.core.json.JsonFields;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;

/** The values that several messages carry, as fields of the message's object. */
final class Values {
  private Values() {}

  static void put(ObjectNode json, ZvolName zvol) {
    json.put("zpool", zvol.pool().value()).put("zvol", zvol.name());
  }

  /** The seed's messages about a known volume name no pool; they mean the NAS's first one. */
  static ZvolName zvol(JsonFields json, PoolName defaultPool) {
    PoolName pool = json.optionalText("zpool").map(PoolName::new).orElse(defaultPool);
    return new ZvolName(pool, json.text("zvol"));
  }

  static ZvolName zvol(JsonFields json) {
    return new ZvolName(new PoolName(json.text("zpool")), json.text("zvol"));
  }

  static void put(ObjectNode json, ByteSize size) {
    json.put("size_bytes", size.bytes());
  }

  static ByteSize size(JsonFields json) {
    return new ByteSize(json.number("size_bytes"));
  }

  static void put(ObjectNode json, Target target) {
    json.put("target", target.iqn().value());
    target.portals().forEach(portal -> json.withArray("portals").add(portal.toString()));
  }

  static Target target(JsonFields json) {
    return new Target(
        new Iqn(json.text("target")), json.texts("portals").stream().map(Portal::parse).toList());
  }

  static void put(ObjectNode json, Mapping mapping) {
    put(json, mapping.zvol());
    put(json, mapping.size());
    put(json, mapping.target());
    json.put("volume_id", mapping.id().toString())
        .put("remotehost", mapping.host().value())
        .put("bdev", mapping.device().value())
        .put("stable_path", mapping.stablePath().value())
        .put("generation", mapping.generation());
  }

  static Mapping mapping(JsonFields json) {
    return new Mapping(
        zvol(json),
        VolumeId.parse(json.text("volume_id")),
        new NodeName(json.text("remotehost")),
        size(json),
        target(json),
        new DevicePath(json.text("bdev")),
        new DevicePath(json.text("stable_path")),
        json.count("generation"));
  }

  static void put(ObjectNode json, Exposure exposure) {
    put(json, exposure.zvol());
    put(json, exposure.target());
    put(json, exposure.size());
    json.put("volume_id", exposure.id().toString())
        .put("remotehost", exposure.host().value())
        .put("initiator", exposure.initiator().value())
        .put("generation", exposure.generation());
    Chap.put(json, exposure.chap());
  }

  static Exposure exposure(JsonFields json) {
    return new Exposure(
        zvol(json),
        VolumeId.parse(json.text("volume_id")),
        new NodeName(json.text("remotehost")),
        new Iqn(json.text("initiator")),
        size(json),
        target(json),
        Chap.in(json),
        json.count("generation"));
  }
}
