package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A node of the predecessor at the other end of a transport: sends a request in its words, and
 * reads its reply. Thread safety: thread-safe.
 */
final class LegacyNode {
  private final Transport transport;
  private final NodeName node;
  private final Role role;
  private final Authorization authorization;

  LegacyNode(Transport transport, NodeName node, Role role, Authorization authorization) {
    this.transport = transport;
    this.node = node;
    this.role = role;
    this.authorization = authorization;
  }

  NodeName name() {
    return node;
  }

  /** Begins a request. */
  static ObjectNode request(Action action) {
    return Json.object().put("action", action.request());
  }

  /**
   * Asks.
   *
   * @param from the node that asks; null for a queue of this request's own
   * @param changes whether a failure that says nothing leaves the outcome open
   */
  <T> CompletableFuture<T> ask(
      @Nullable NodeName from,
      ObjectNode request,
      Duration timeout,
      boolean changes,
      Function<JsonFields, T> reply) {
    String action = request.path("action").asText();
    return Answers.of(() -> transport.requestLegacy(from, node, Json.write(request), timeout))
        .exceptionallyCompose(failure -> RemoteNode.unreachable(node, Failures.of(failure)))
        .thenApply(answer -> read(action, answer, changes, reply))
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(Failures.of(failure)));
  }

  private <T> T read(String action, Reply answer, boolean changes, Function<JsonFields, T> reply) {
    // It has no user_id of its own accord; who is in the settings as a legacy peer is believed.
    if (!answer.sender().isEmpty()) {
      authorization.requireAnswerer(answer.sender(), Set.of(role), node);
    }
    JsonFields fields;
    try {
      fields = Json.read(answer.body(), "reply of '" + node + "'");
      if (fields.text("status").equals("success")) {
        return reply.apply(fields);
      }
    } catch (VmStoreException e) {
      throw strange(action, changes, e);
    }
    throw reported(action, changes, fields.optionalText("error").orElse("Error occured"));
  }

  /** Its texts are all that tells one failure from another. */
  private VmStoreException reported(String action, boolean changes, String text) {
    Optional<ErrorCode> code = LegacyTexts.meaning(text);
    return VmStoreException.builder(
            code.orElse(ErrorCode.INTERNAL), "'" + action + "' failed on '" + node + "'")
        .reason("it says '" + text + "'")
        .correction("see the log of '" + node + "', which is of the predecessor")
        .detail("node", node.value())
        .detail("legacy-error", text)
        .outcomeUnknown(changes && code.isEmpty())
        .build();
  }

  private VmStoreException strange(String action, boolean changes, VmStoreException cause) {
    return VmStoreException.builder(
            ErrorCode.INTERNAL,
            "cannot understand the answer of '" + node + "' to '" + action + "'")
        .reason(String.valueOf(cause.getMessage()))
        .correction(
            "check that it is a node of the predecessor, or take it out of the legacy peers")
        .outcomeUnknown(changes)
        .cause(cause)
        .build();
  }

  /** Fails for what the predecessor cannot do. */
  <T> CompletableFuture<T> unimplemented(String what) {
    return CompletableFuture.failedFuture(
        VmStoreException.builder(ErrorCode.UNIMPLEMENTED, "cannot have '" + node + "' " + what)
            .reason("it is a node of the predecessor, which does not know that")
            .correction("see docs/legacy.md for what is lost with such a node")
            .build());
  }
}
