package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.AttachTarget;
import io.vmstore.CallOptions;
import io.vmstore.CreateZvol;
import io.vmstore.DetachTarget;
import io.vmstore.ExposeZvol;
import io.vmstore.MapZvol;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.ZvolQuery;
import io.vmstore.core.json.Chap;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import org.jspecify.annotations.Nullable;

/** The body of each request, written and read side by side. */
final class Requests {
  private Requests() {}

  static ObjectNode begin(Action action, CallOptions options) {
    ObjectNode json =
        Json.object()
            .put("action", action.request())
            .put("operation_id", options.operation().value());
    if (options.expected() != null) {
      json.put("if_version", options.expected().toString());
    }
    return json;
  }

  static @Nullable ZvolVersion expected(JsonFields json) {
    return json.optionalText("if_version").map(ZvolVersion::parse).orElse(null);
  }

  static void put(ObjectNode json, CreateZvol request) {
    Values.put(json, request.zvol());
    Values.put(json, request.size());
  }

  static CreateZvol createZvol(JsonFields json, PoolName defaultPool) {
    return new CreateZvol(Values.zvol(json, defaultPool), Values.size(json));
  }

  static void put(ObjectNode json, MapZvol request) {
    Values.put(json, request.zvol());
    Values.put(json, request.size());
    json.put("remotehost", request.remoteHost().value());
  }

  static MapZvol mapZvol(JsonFields json, PoolName defaultPool) {
    return new MapZvol(
        Values.zvol(json, defaultPool), new NodeName(json.text("remotehost")), Values.size(json));
  }

  static void put(ObjectNode json, ExposeZvol request) {
    Values.put(json, request.zvol());
    Values.put(json, request.size());
    json.put("remotehost", request.host().value()).put("initiator", request.initiator().value());
  }

  static ExposeZvol exposeZvol(JsonFields json, PoolName defaultPool) {
    return new ExposeZvol(
        Values.zvol(json, defaultPool),
        new NodeName(json.text("remotehost")),
        new Iqn(json.text("initiator")),
        Values.size(json));
  }

  static void put(ObjectNode json, ZvolQuery query) {
    query.only().ifPresent(zvol -> Values.put(json, zvol));
    if (query.after() != null) {
      json.put("after", query.after().toString());
    }
    json.put("limit", query.limit());
  }

  static ZvolQuery zvolQuery(JsonFields json, PoolName defaultPool) {
    return json.optionalText("zvol")
        .filter(name -> !name.isEmpty())
        .map(name -> ZvolQuery.named(Values.zvol(json, defaultPool)))
        .orElseGet(() -> page(json));
  }

  private static ZvolQuery page(JsonFields json) {
    long limit = json.optionalNumber("limit").orElse((long) Integer.MAX_VALUE);
    return ZvolQuery.page(
        json.optionalText("after").map(ZvolName::parse).orElse(null),
        (int) Math.max(Math.min(limit, Integer.MAX_VALUE), 0));
  }

  static void putForced(ObjectNode json, ZvolName zvol) {
    Values.put(json, zvol);
    json.put("force", true);
  }

  static boolean forced(JsonFields json) {
    return json.flag("force");
  }

  static void put(ObjectNode json, Repair repair) {
    json.put("settle", repair == Repair.SETTLE);
  }

  static Repair repair(JsonFields json) {
    return json.flag("settle") ? Repair.SETTLE : Repair.DRY_RUN;
  }

  static void put(ObjectNode json, AttachTarget request) {
    Values.put(json, request.target());
    json.put("volume_id", request.volume().toString()).put("generation", request.generation());
    Chap.put(json, request.chap());
  }

  static AttachTarget attachTarget(JsonFields json) {
    return new AttachTarget(
        Values.target(json),
        VolumeId.parse(json.text("volume_id")),
        json.count("generation"),
        Chap.in(json));
  }

  static void put(ObjectNode json, ResizeTarget request) {
    Values.put(json, request.target());
    Values.put(json, request.size());
    json.put("volume_id", request.volume().toString()).put("generation", request.generation());
  }

  static ResizeTarget resizeTarget(JsonFields json) {
    return new ResizeTarget(
        Values.target(json),
        VolumeId.parse(json.text("volume_id")),
        json.count("generation"),
        Values.size(json));
  }

  static void put(ObjectNode json, DetachTarget request) {
    Values.put(json, request.target());
    json.put("volume_id", request.volume().toString()).put("generation", request.generation());
  }

  static DetachTarget detachTarget(JsonFields json) {
    return new DetachTarget(
        Values.target(json), VolumeId.parse(json.text("volume_id")), json.count("generation"));
  }
}
