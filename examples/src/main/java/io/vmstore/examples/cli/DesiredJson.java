package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.ZvolStatus;
import io.vmstore.core.managed.ConnectionInfo;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.Step;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code --json} prints of desired states. */
final class DesiredJson {
  private DesiredJson() {}

  static ObjectNode plans(List<VolumePlan> plans) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode volumes = json.putArray("volumes");
    for (VolumePlan plan : plans) {
      ObjectNode volume = volume(volumes, plan.volume());
      putSteps(volume, plan.steps());
      putError(volume, plan.refusal());
    }
    return json;
  }

  static ObjectNode outcomes(List<VolumeOutcome> outcomes) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    for (Result result : Result.values()) {
      json.put(DesiredTexts.word(result), DesiredTexts.count(outcomes, result));
    }
    ArrayNode volumes = json.putArray("volumes");
    for (VolumeOutcome outcome : outcomes) {
      ObjectNode volume = volume(volumes, outcome.volume());
      volume.put("result", DesiredTexts.word(outcome.result()));
      putSteps(volume, outcome.done());
      volume.put("found", DesiredTexts.state(outcome));
      volume.put(
          "size",
          outcome.status().flatMap(ZvolStatus::knownSize).map(ByteSize::bytes).orElse(null));
      volume.put(
          "host",
          outcome.status().flatMap(ZvolStatus::remoteHost).map(NodeName::value).orElse(null));
      volume.set(
          "mapping",
          outcome
              .status()
              .flatMap(ZvolStatus::currentMapping)
              .map(Documents::mapping)
              .orElse(null));
      volume.set("connection_info", connection(outcome.connection()));
      putError(volume, outcome.failure());
    }
    return json;
  }

  /** With its secrets: whoever asked for it hands it to the host. */
  private static @Nullable ObjectNode connection(@Nullable IscsiConnection connection) {
    return connection == null ? null : ConnectionInfo.write(connection);
  }

  private static ObjectNode volume(ArrayNode volumes, DesiredVolume wish) {
    return volumes
        .addObject()
        .put("nas", wish.nas().value())
        .put("zvol", wish.zvol().toString())
        .put("state", DesiredTexts.word(wish.state()));
  }

  private static void putSteps(ObjectNode json, List<Step> steps) {
    ArrayNode array = json.putArray("steps");
    steps.forEach(step -> array.add(step.toString()));
  }

  private static void putError(ObjectNode json, @Nullable VmStoreException failure) {
    json.set("error", failure == null ? null : Documents.error(failure).get("error"));
  }
}
