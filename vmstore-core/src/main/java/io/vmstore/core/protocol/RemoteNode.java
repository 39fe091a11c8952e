package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.CallOptions;
import io.vmstore.Finding;
import io.vmstore.Repair;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A node at the other end of a transport: sends a request, checks whose the reply is, and reads it.
 * Thread safety: thread-safe.
 */
public final class RemoteNode {
  /** The detail of a failure that says which node could not be reached at all. */
  static final String UNREACHABLE = "unreachable";

  private final Transport transport;
  private final NodeName node;
  private final Set<Role> roles;
  private final Authorization authorization;

  RemoteNode(Transport transport, NodeName node, Role role, Authorization authorization) {
    this(transport, node, Set.of(role), authorization);
  }

  private RemoteNode(
      Transport transport, NodeName node, Set<Role> roles, Authorization authorization) {
    this.transport = transport;
    this.node = node;
    this.roles = roles;
    this.authorization = authorization;
  }

  /** {@return a node that is a NAS or a compute node} */
  public static RemoteNode ofEitherRole(
      Transport transport, NodeName node, Authorization authorization) {
    return new RemoteNode(transport, node, Set.of(Role.NAS, Role.COMPUTE), authorization);
  }

  /** Has it reconcile, as both roles do. {@return what it found} */
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return call(Action.RECONCILE, options, json -> Requests.put(json, repair), Replies::findings);
  }

  /** Refuses an answer about something else than was asked for. */
  static void requireSame(String field, Object asked, Object answered) {
    if (!asked.equals(answered)) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "field '" + field + "' of the reply is not valid")
          .reason("it is '" + answered + "', and '" + asked + "' was asked for")
          .build();
    }
  }

  <T> CompletableFuture<T> call(
      Action action,
      CallOptions options,
      Consumer<ObjectNode> request,
      Function<JsonFields, T> reply) {
    return Answers.of(
            () -> {
              ObjectNode json = Requests.begin(action, options);
              request.accept(json);
              byte[] body = Json.write(json);
              return untilTaken(options.timeout(), left -> ask(action, body, left, reply));
            })
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(Failures.of(failure)));
  }

  /** A node that has too much in work has not begun; it is asked again when it says, in time. */
  private static <T> CompletableFuture<T> untilTaken(
      Duration time, Function<Duration, CompletableFuture<T>> asked) {
    Deadline deadline = Deadline.after(time);
    return asked
        .apply(time)
        .exceptionallyCompose(
            failure -> {
              Duration pause = RequestLimit.retryAfter(Failures.of(failure)).orElse(time);
              Duration left = deadline.remaining().minus(pause);
              return left.isNegative() || left.isZero()
                  ? CompletableFuture.failedFuture(failure)
                  : CompletableFuture.supplyAsync(() -> left, after(pause))
                      .thenCompose(rest -> untilTaken(rest, asked));
            });
  }

  private static Executor after(Duration pause) {
    return CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  private <T> CompletableFuture<T> ask(
      Action action, byte[] body, Duration time, Function<JsonFields, T> reply) {
    return transport
        .request(node, body, time)
        .exceptionallyCompose(failure -> unreachable(node, Failures.of(failure)))
        .thenApply(
            answer -> {
              authorization.requireAnswerer(answer.sender(), roles, node);
              return read(action, answer.body(), reply);
            });
  }

  /** Fails with the node's name, in which a failure of the node itself differs. */
  static <T> CompletableFuture<T> unreachable(NodeName node, VmStoreException failure) {
    return CompletableFuture.failedFuture(
        failure.code() == ErrorCode.UNAVAILABLE
            ? Failures.withDetail(failure, UNREACHABLE, node.value())
            : failure);
  }

  private <T> T read(Action action, byte[] body, Function<JsonFields, T> reply) {
    Optional<VmStoreException> reported;
    try {
      JsonFields fields = Json.read(body, "reply of '" + node + "'");
      reported = Replies.failure(fields, node);
      if (reported.isEmpty()) {
        return reply.apply(fields);
      }
    } catch (VmStoreException e) {
      throw strange(action, e);
    }
    throw reported.get();
  }

  private VmStoreException strange(Action action, VmStoreException cause) {
    return VmStoreException.builder(
            ErrorCode.INTERNAL,
            "cannot understand the answer of '" + node + "' to '" + action.request() + "'")
        .reason(String.valueOf(cause.getMessage()))
        .correction("check that both nodes run versions of vmstore that belong together")
        .outcomeUnknown(action.mutates())
        .cause(cause)
        .build();
  }
}
