package io.vmstore.examples.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.CallOptions;
import io.vmstore.ManagedVolumes;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.core.managed.ConnectionInfo;
import io.vmstore.core.managed.ConnectorDocument;
import io.vmstore.core.managed.VolumeDocument;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.examples.cli.Documents;
import io.vmstore.managed.ManagedVolume;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Requests as oVirt's engine has them, each answered under its id. Thread safety: thread-safe. */
final class Requests {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String PAGE = "docs/managed-volumes.md";
  private static final JsonFields NO_PARAMETERS = Json.read(new byte[] {'{', '}'}, "request");
  private static final Set<String> KNOWN = Set.of("jsonrpc", "method", "params");
  private static final long LONGEST_SECONDS = 86_400;

  private final ManagedVolumes volumes;
  private final Duration timeout;

  /**
   * Makes an answerer.
   *
   * @param timeout what a request may take that does not say
   */
  Requests(ManagedVolumes volumes, Duration timeout) {
    this.volumes = volumes;
    this.timeout = timeout;
  }

  /** {@return the answer to a line; its future does not fail} */
  CompletableFuture<ObjectNode> answer(byte[] line) {
    JsonFields request;
    try {
      request = Json.readConfidential(line, "request").as("request", PAGE);
    } catch (VmStoreException e) {
      return CompletableFuture.completedFuture(answer(NullNode.instance, null, e));
    }
    JsonNode id = request.except(KNOWN).getOrDefault("id", NullNode.instance);
    return Answers.of(() -> result(request))
        .handle(
            (result, failure) -> answer(id, result, failure == null ? null : Failures.of(failure)));
  }

  /** {@return the answer to a line that was not kept} */
  static ObjectNode tooLong(int longest) {
    return answer(
        NullNode.instance,
        null,
        VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the request cannot be read")
            .reason("its line is longer than " + longest + " bytes")
            .correction("send one JSON object a line")
            .build());
  }

  private static ObjectNode answer(
      JsonNode id, @Nullable JsonNode result, @Nullable VmStoreException failure) {
    ObjectNode answer = JSON.objectNode();
    answer.set("id", id);
    return failure == null ? answer.set("result", result) : answer.setAll(Documents.error(failure));
  }

  private CompletableFuture<JsonNode> result(JsonFields request) {
    return result(request.text("method"), request.optionalObject("params").orElse(NO_PARAMETERS));
  }

  /** {@return the result of a method} */
  CompletableFuture<JsonNode> result(String method, JsonFields params) {
    CallOptions options = CallOptions.within(timeout(params));
    return switch (method) {
      case "ManagedVolume.attach_volume", "attach_volume" ->
          volumes
              .attachVolume(params.text("vol_id"), ConnectionInfo.read(connection(params)), options)
              .thenApply(VolumeDocument::write);
      case "ManagedVolume.detach_volume", "detach_volume" ->
          volumes
              .detachVolume(params.text("vol_id"), options)
              .thenApply(nothing -> JSON.objectNode());
      case "ManagedVolume.extend_volume", "extend_volume" ->
          volumes.extendVolume(params.text("vol_id"), options).thenApply(VolumeDocument::write);
      case "ManagedVolume.volumes_info", "volumes_info" ->
          volumes.volumesInfo(ids(params), options).thenApply(Requests::array);
      case "Host.getCapabilities", "connector_info" ->
          volumes
              .connectorInfo(options)
              .thenApply(ConnectorDocument::write)
              .thenApply(info -> JSON.objectNode().set("connector_info", info));
      default -> throw unknown(method);
    };
  }

  private static JsonFields connection(JsonFields params) {
    return params
        .optionalObject("connection_info")
        .orElseThrow(
            () ->
                VmStoreException.builder(
                        ErrorCode.INVALID_ARGUMENT, "field 'connection_info' is not valid")
                    .reason("it is missing")
                    .correction("see " + PAGE + " for the fields of this request")
                    .build());
  }

  private static Set<String> ids(JsonFields params) {
    return params.has("vol_ids") ? Set.copyOf(params.texts("vol_ids")) : Set.of();
  }

  private Duration timeout(JsonFields params) {
    if (!params.has("timeout")) {
      return timeout;
    }
    long seconds = params.numberOrText("timeout");
    return Duration.ofSeconds(Math.max(1, Math.min(seconds, LONGEST_SECONDS)));
  }

  private static ArrayNode array(List<ManagedVolume> list) {
    ArrayNode array = JSON.arrayNode();
    list.forEach(volume -> array.add(VolumeDocument.write(volume)));
    return array;
  }

  private static VmStoreException unknown(String method) {
    return VmStoreException.builder(
            ErrorCode.UNIMPLEMENTED, "method '" + method + "' is not supported")
        .reason(
            "the methods are ManagedVolume.attach_volume, detach_volume, extend_volume and volumes_info, and Host.getCapabilities")
        .correction("see " + PAGE)
        .details(Map.of("method", method))
        .build();
  }
}
