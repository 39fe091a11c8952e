package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.AttachedDevice;
import io.vmstore.Finding;
import io.vmstore.ZvolStatus;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The body of each reply, written and read side by side. */
final class Replies {
  private static final String SUCCESS = "success";

  private Replies() {}

  static ObjectNode success(Action action) {
    return Json.object().put("action", action.reply()).put("status", SUCCESS);
  }

  static ObjectNode failure(VmStoreException failure) {
    ObjectNode json =
        Json.object()
            .put("status", "error")
            .put("error", failure.getMessage())
            .put("code", failure.code().name())
            .put("problem", failure.problem())
            .put("cause", failure.reason())
            .put("correction", failure.correction())
            .put("outcome_unknown", failure.outcomeUnknown());
    ObjectNode details = json.putObject("details");
    failure.details().forEach(details::put);
    return json;
  }

  /** {@return what the peer reported, when its reply is a failure} */
  static Optional<VmStoreException> failure(JsonFields json, NodeName from) {
    if (json.text("status").equals(SUCCESS)) {
      return Optional.empty();
    }
    return Optional.of(
        VmStoreException.builder(
                code(json), json.optionalText("problem").orElseGet(() -> json.text("error")))
            .reason(json.optionalText("cause").orElse(""))
            .correction(json.optionalText("correction").orElse(""))
            .details(json.textMap("details"))
            .detail("node", from.value())
            .outcomeUnknown(json.flag("outcome_unknown"))
            .build());
  }

  private static ErrorCode code(JsonFields json) {
    String name = json.optionalText("code").orElse("");
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(name)) {
        return code;
      }
    }
    return ErrorCode.INTERNAL; // a newer peer's code, or a peer that has none
  }

  static void put(ObjectNode json, List<ZvolStatus> zvols) {
    ArrayNode body = json.putArray("body");
    for (ZvolStatus zvol : zvols) {
      ObjectNode entry = body.addObject();
      Values.put(entry, zvol.zvol());
      entry.put("size_bytes", zvol.knownSize().map(ByteSize::bytes).orElse(null));
      entry.put("state", zvol.state().name());
      entry.put("remotehost", zvol.remoteHost().map(NodeName::value).orElse(null));
      if (zvol.version() != null) {
        entry.put("version", zvol.version().toString());
      }
      entry.put("iscsi_target", target(zvol).map(target -> target.iqn().value()).orElse(null));
      zvol.currentExposure()
          .ifPresent(exposure -> Values.put(entry.putObject("exposure"), exposure));
      zvol.currentMapping().ifPresent(mapping -> Values.put(entry.putObject("mapping"), mapping));
    }
  }

  /** {@return where the volume is exported, when it is in somebody's hands} */
  static Optional<Target> target(ZvolStatus zvol) {
    return zvol.currentMapping()
        .map(Mapping::target)
        .or(() -> zvol.currentExposure().map(Exposure::target));
  }

  static List<ZvolStatus> zvols(JsonFields json, int most) {
    List<JsonFields> body = json.objects("body");
    if (body.size() > most) {
      throw VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the list is too long")
          .reason("it has " + body.size() + " volumes, and at most " + most + " were asked for")
          .build();
    }
    return body.stream().map(Replies::versioned).toList();
  }

  private static ZvolStatus versioned(JsonFields entry) {
    ZvolStatus status = zvol(entry);
    return entry.optionalText("version").map(ZvolVersion::parse).map(status::as).orElse(status);
  }

  private static ZvolStatus zvol(JsonFields entry) {
    ZvolStatus status = status(entry);
    boolean needsSize = status.state() == MappingState.UNMAPPED;
    boolean needsMapping = status.state() == MappingState.MAPPED;
    boolean inHand = status.mapping() != null || status.exposure() != null;
    if ((needsSize && status.size() == null) || (needsMapping && !inHand)) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "status of zvol '" + status.zvol() + "' is not valid")
          .reason("it is " + status.state() + " without a size or a mapping")
          .build();
    }
    return status;
  }

  private static ZvolStatus status(JsonFields entry) {
    return new ZvolStatus(
        Values.zvol(entry),
        entry.optionalNumber("size_bytes").map(ByteSize::new).orElse(null),
        entry.constant("state", MappingState.class),
        entry.optionalText("remotehost").map(NodeName::new).orElse(null),
        entry.optionalObject("mapping").map(Values::mapping).orElse(null),
        entry.optionalObject("exposure").map(Values::exposure).orElse(null));
  }

  static void putFindings(ObjectNode json, List<Finding> findings) {
    ArrayNode body = json.putArray("body");
    for (Finding finding : findings) {
      body.addObject()
          .put("kind", finding.kind().name())
          .put("subject", finding.subject())
          .put("action", finding.action())
          .put("outcome", finding.outcome().name())
          .put("reason", finding.reason());
    }
  }

  static List<Finding> findings(JsonFields json) {
    return json.objects("body").stream()
        .map(
            entry ->
                new Finding(
                    entry.constant("kind", Finding.Kind.class),
                    entry.text("subject"),
                    entry.text("action"),
                    entry.constant("outcome", Finding.Outcome.class),
                    entry.text("reason")))
        .toList();
  }

  static void put(ObjectNode json, Iqn initiator) {
    json.put("body", initiator.value());
  }

  static Iqn initiator(JsonFields json) {
    return new Iqn(json.text("body"));
  }

  static void put(ObjectNode json, AttachedDevice device) {
    Values.put(json, device.target());
    Values.put(json, device.size());
    json.put("volume_id", device.volume().toString())
        .put("bdev", device.device().value())
        .put("stable_path", device.stablePath().value());
  }

  static AttachedDevice device(JsonFields json) {
    return new AttachedDevice(
        Values.target(json),
        VolumeId.parse(json.text("volume_id")),
        new DevicePath(json.text("bdev")),
        new DevicePath(json.text("stable_path")),
        Values.size(json));
  }

  /**
   * One entry a device, under the volume's id: an object and not an array, as the predecessor's
   * list is.
   */
  static void putDevices(ObjectNode json, List<AttachedDevice> devices) {
    ObjectNode body = json.putObject("body");
    devices.forEach(device -> put(body.putObject(device.volume().toString()), device));
  }

  static List<AttachedDevice> devices(JsonFields json) {
    List<AttachedDevice> devices = new ArrayList<>();
    json.objectMap("body").values().forEach(entry -> devices.add(device(entry)));
    return List.copyOf(devices);
  }
}
