package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.core.json.JsonFields;
import io.vmstore.model.ByteSize;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a compute node does for frontends and NASes of the predecessor: each method answers one
 * action, in the words of then. Thread safety: thread-safe.
 */
final class LegacyComputeRequests {
  private static final String REFUSAL =
      "this compute node is vmstore's and attaches for a NAS of vmstore only: the old request says"
          + " neither which disk it must find nor which mapping it is of";

  private final ComputeService compute;

  LegacyComputeRequests(ComputeService compute) {
    this.compute = compute;
  }

  /** Plain targets had no names of volumes then: they were numbered, in the order of theirs. */
  CompletableFuture<ObjectNode> listDevices(JsonFields json, CallOptions options) {
    return compute
        .listDevices(options)
        .thenApply(
            devices -> {
              ObjectNode reply = Replies.success(Action.LIST_DEVICES).put("node_type", "mixed");
              ObjectNode body = reply.putObject("body");
              List<AttachedDevice> sorted =
                  devices.stream()
                      .sorted(Comparator.comparing(device -> device.target().iqn().value()))
                      .toList();
              sorted.forEach(device -> put(body.putObject("volume" + body.size()), device));
              return reply;
            });
  }

  private static void put(ObjectNode entry, AttachedDevice device) {
    entry
        .put("device", device.device().toPath().getFileName().toString())
        .put("sync", "iscsi")
        .put("target", device.target().iqn().value())
        .put("size", device.size().bytes() / ByteSize.gibibytes(1).bytes());
  }

  /** Its reply really has the name of another one. */
  CompletableFuture<ObjectNode> initiator(JsonFields json, CallOptions options) {
    return compute
        .initiator(options)
        .thenApply(initiator -> Replies.success(Action.LIST_ZVOLS).put("body", initiator.value()));
  }

  /** The old NAS finds the request by the target, and tells its frontend the text. */
  CompletableFuture<ObjectNode> map(JsonFields json, CallOptions options) {
    return CompletableFuture.completedFuture(refusal(Action.MAP_ZVOL, json));
  }

  CompletableFuture<ObjectNode> unmap(JsonFields json, CallOptions options) {
    ObjectNode refusal = refusal(Action.UNMAP_ZVOL, json);
    json.optionalText("zvol").ifPresent(zvol -> refusal.put("zvol", zvol));
    return CompletableFuture.completedFuture(refusal);
  }

  private static ObjectNode refusal(Action action, JsonFields json) {
    return Replies.success(action)
        .put("target", json.optionalText("target").orElse(null))
        .put("status", "error")
        .put("error", REFUSAL);
  }
}
