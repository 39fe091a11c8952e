package io.vmstore.core.nas;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Chap;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;

/** Volume records as JSON, one document a volume, readable by an operator. */
final class VolumeRecordCodec {
  private VolumeRecordCodec() {}

  static byte[] encode(VolumeRecord record) {
    ObjectNode json = Json.object();
    json.put("zvol", record.zvol().toString());
    json.put("id", record.id().toString());
    json.put("generation", record.generation());
    json.put("state", record.state().name());
    json.put("operation", record.operation().value());
    if (record.forced()) {
      json.put("forced", true);
    }
    Intent intent = record.intent();
    if (intent != null) {
      ObjectNode node =
          json.putObject("intent")
              .put("host", intent.host().value())
              .put("initiator", intent.initiator().value())
              .put("fresh", intent.fresh());
      if (intent.exposed()) {
        node.put("exposed", true);
      }
      Chap.put(node, intent.chap());
    }
    Result result = record.result();
    if (result != null) {
      ObjectNode node = json.putObject("result");
      node.put("size", result.size().bytes());
      node.put("target", result.target().iqn().value());
      result.target().portals().forEach(portal -> node.withArray("portals").add(portal.toString()));
      Device device = result.device();
      if (device != null) {
        node.put("device", device.name().value());
        node.put("stable_path", device.stablePath().value());
      }
      if (result.growing()) {
        node.put("growing", true);
      }
    }
    return Json.write(json);
  }

  static VolumeRecord decode(byte[] bytes) {
    JsonFields json = Json.read(bytes, "volume record");
    return new VolumeRecord(
        ZvolName.parse(json.text("zvol")),
        VolumeId.parse(json.text("id")),
        json.count("generation"),
        json.constant("state", MappingState.class),
        new OperationId(json.text("operation")),
        json.optionalObject("intent").map(VolumeRecordCodec::intent).orElse(null),
        json.optionalObject("result").map(VolumeRecordCodec::result).orElse(null),
        json.flag("forced"));
  }

  private static Intent intent(JsonFields json) {
    return new Intent(
        new NodeName(json.text("host")),
        new Iqn(json.text("initiator")),
        json.flag("fresh"),
        Chap.in(json),
        json.flag("exposed"));
  }

  private static Result result(JsonFields json) {
    return new Result(
        new ByteSize(json.number("size")),
        new Target(
            new Iqn(json.text("target")),
            json.texts("portals").stream().map(Portal::parse).toList()),
        json.optionalText("device").map(name -> device(name, json)).orElse(null),
        json.flag("growing"));
  }

  private static Device device(String name, JsonFields json) {
    return new Device(new DevicePath(name), new DevicePath(json.text("stable_path")));
  }
}
