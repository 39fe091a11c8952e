package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.AttachedDevice;
import io.vmstore.Finding;
import io.vmstore.ZvolStatus;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.ZvolName;
import java.util.List;

/** What {@code --json} prints, one document a call. Sizes are in bytes; what is absent is null. */
public final class Documents {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Documents() {}

  static ObjectNode mapping(Mapping mapping) {
    ObjectNode json = JSON.objectNode();
    json.put("zvol", mapping.zvol().toString());
    json.put("id", mapping.id().toString());
    json.put("host", mapping.host().value());
    json.put("size", mapping.size().bytes());
    put(json, mapping.target());
    json.put("device", mapping.device().value());
    json.put("stablePath", mapping.stablePath().value());
    json.put("generation", mapping.generation());
    return json;
  }

  /** An exposure in a list, which has no secrets. */
  private static ObjectNode exposure(Exposure exposure) {
    ObjectNode json = JSON.objectNode();
    json.put("zvol", exposure.zvol().toString());
    json.put("id", exposure.id().toString());
    json.put("host", exposure.host().value());
    json.put("initiator", exposure.initiator().value());
    json.put("size", exposure.size().bytes());
    put(json, exposure.target());
    json.put("generation", exposure.generation());
    return json;
  }

  static ObjectNode zvol(ZvolName zvol) {
    return JSON.objectNode().put("zvol", zvol.toString());
  }

  static ArrayNode zvols(List<ZvolStatus> zvols) {
    ArrayNode array = JSON.arrayNode();
    for (ZvolStatus zvol : zvols) {
      ObjectNode json = array.addObject();
      json.put("zvol", zvol.zvol().toString());
      json.put("size", zvol.knownSize().map(ByteSize::bytes).orElse(null));
      json.put("state", zvol.state().name());
      json.put("host", zvol.remoteHost().map(NodeName::value).orElse(null));
      json.set("mapping", zvol.currentMapping().map(Documents::mapping).orElse(null));
      zvol.currentExposure().ifPresent(exposure -> json.set("exposure", exposure(exposure)));
    }
    return array;
  }

  static ArrayNode devices(List<AttachedDevice> devices) {
    ArrayNode array = JSON.arrayNode();
    for (AttachedDevice device : devices) {
      ObjectNode json = array.addObject();
      put(json, device.target());
      json.put("volumeId", device.volume().toString());
      json.put("device", device.device().value());
      json.put("stablePath", device.stablePath().value());
      json.put("size", device.size().bytes());
    }
    return array;
  }

  static ArrayNode findings(List<Finding> findings) {
    ArrayNode array = JSON.arrayNode();
    for (Finding finding : findings) {
      ObjectNode json = array.addObject();
      json.put("kind", finding.kind().name());
      json.put("subject", finding.subject());
      json.put("action", finding.action());
      json.put("outcome", finding.outcome().name());
      json.put("reason", finding.reason());
    }
    return array;
  }

  /** {@return what a program is told of a failure} */
  public static ObjectNode error(VmStoreException failure) {
    ObjectNode document = JSON.objectNode();
    ObjectNode json = document.putObject("error");
    json.put("code", failure.code().name());
    json.put("message", failure.getMessage());
    json.put("problem", failure.problem());
    json.put("cause", failure.reason());
    json.put("correction", failure.correction());
    json.put("outcomeUnknown", failure.outcomeUnknown());
    ObjectNode details = json.putObject("details");
    failure.details().forEach(details::put);
    return document;
  }

  private static void put(ObjectNode json, Target target) {
    json.put("target", target.iqn().value());
    ArrayNode portals = json.putArray("portals");
    target.portals().forEach(portal -> portals.add(portal.toString()));
  }
}
