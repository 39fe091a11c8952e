package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.NasService;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Trace;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.OperationId;
import io.vmstore.model.PoolName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport.Request;
import io.vmstore.spi.Transport.RequestHandler;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests that reach a node: checks who sent it, reads it, executes a repeated one
 * only once, and always replies, whatever goes wrong.
 *
 * <p>Thread safety: thread-safe.
 */
public final class RequestDispatcher implements RequestHandler {
  /** Executes one action and makes the reply. */
  @FunctionalInterface
  private interface Execution {
    CompletableFuture<ObjectNode> execute(JsonFields request, CallOptions options);
  }

  /** What is done with an action, and who may ask for it. */
  private record Handler(Set<Role> callers, Execution execution) {}

  /** Those who answer for the volumes of an installation. */
  private static final Set<Role> MANAGERS = Set.of(Role.FRONTEND, Role.OPERATOR);

  private static final Logger LOG = LoggerFactory.getLogger(RequestDispatcher.class);

  /** The reply has to travel: of the caller's time, this much is not given to the service. */
  private static final Duration TRAVEL = Duration.ofMillis(500);

  private static final int TRAVEL_SHARE = 10;

  /** No caller waits longer, whatever his message says: his request must not stay in work. */
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Far more than any request has; read as JSON it may take thirty times its length. */
  private static final int LARGEST_REQUEST = 64 * 1024;

  private final Map<Dialect, Map<Action, Handler>> handlers =
      new EnumMap<>(
          Map.of(
              Dialect.OURS, new EnumMap<>(Action.class),
              Dialect.LEGACY, new EnumMap<>(Action.class)));
  private final RecentReplies recent = new RecentReplies();
  private final RequestLimit limit = new RequestLimit();

  private final Scheduler scheduler;
  private final Authorization authorization;

  private RequestDispatcher(Scheduler scheduler, Authorization authorization) {
    this.scheduler = scheduler;
    this.authorization = authorization;
  }

  /**
   * {@return the dispatcher of a NAS}
   *
   * @param defaultPool the pool of a request that names none
   * @param authorization who may ask for something
   */
  public static RequestDispatcher forNas(
      NasService nas, PoolName defaultPool, Scheduler scheduler, Authorization authorization) {
    RequestDispatcher dispatcher = new RequestDispatcher(scheduler, authorization);
    dispatcher.on(
        Action.CREATE_ZVOL,
        MANAGERS,
        (json, options) -> nas.createZvol(Requests.createZvol(json, defaultPool), options),
        (zvol, reply) -> Replies.put(reply, List.of(zvol)));
    dispatcher.on(
        Action.MAP_ZVOL,
        MANAGERS,
        (json, options) -> nas.mapZvol(Requests.mapZvol(json, defaultPool), options),
        (mapping, reply) -> Values.put(reply, mapping));
    dispatcher.on(
        Action.UNMAP_ZVOL,
        MANAGERS,
        (json, options) ->
            Requests.forced(json)
                ? nas.forceUnmapZvol(Values.zvol(json, defaultPool), options)
                : nas.unmapZvol(Values.zvol(json, defaultPool), options),
        (nothing, reply) -> {});
    dispatcher.on(
        Action.DELETE_ZVOL,
        MANAGERS,
        (json, options) -> nas.deleteZvol(Values.zvol(json, defaultPool), options),
        (nothing, reply) -> {});
    dispatcher.on(
        Action.GROW_ZVOL,
        MANAGERS,
        (json, options) -> nas.growZvol(Values.zvol(json, defaultPool), Values.size(json), options),
        (size, reply) -> Values.put(reply, size));
    dispatcher.on(
        Action.EXPOSE_ZVOL,
        MANAGERS,
        (json, options) -> nas.exposeZvol(Requests.exposeZvol(json, defaultPool), options),
        (exposure, reply) -> Values.put(reply, exposure));
    dispatcher.on(
        Action.LIST_ZVOLS,
        MANAGERS,
        (json, options) -> nas.listZvols(Requests.zvolQuery(json, defaultPool), options),
        (zvols, reply) -> Replies.put(reply, zvols));
    dispatcher.on(
        Action.RECONCILE,
        MANAGERS,
        (json, options) -> nas.reconcile(Requests.repair(json), options),
        (findings, reply) -> Replies.putFindings(reply, findings));
    LegacyNasRequests legacy = new LegacyNasRequests(nas, scheduler);
    dispatcher.on(Dialect.LEGACY, Action.MAP_ZVOL, MANAGERS, legacy::map);
    dispatcher.on(Dialect.LEGACY, Action.UNMAP_ZVOL, MANAGERS, legacy::unmap);
    dispatcher.on(Dialect.LEGACY, Action.DELETE_ZVOL, MANAGERS, legacy::delete);
    dispatcher.on(Dialect.LEGACY, Action.LIST_ZVOLS, MANAGERS, legacy::list);
    return dispatcher;
  }

  /**
   * {@return the dispatcher of a compute node}
   *
   * @param authorization who may ask for something
   */
  public static RequestDispatcher forCompute(
      ComputeService compute, Scheduler scheduler, Authorization authorization) {
    RequestDispatcher dispatcher = new RequestDispatcher(scheduler, authorization);
    dispatcher.on(
        Action.INITIATOR,
        Set.of(Role.NAS),
        (json, options) -> compute.initiator(options),
        (initiator, reply) -> Replies.put(reply, initiator));
    dispatcher.on(
        Action.ATTACH,
        Set.of(Role.NAS),
        (json, options) -> compute.attach(Requests.attachTarget(json), options),
        (device, reply) -> Replies.put(reply, device));
    dispatcher.on(
        Action.DETACH,
        Set.of(Role.NAS),
        (json, options) -> compute.detach(Requests.detachTarget(json), options),
        (nothing, reply) -> {});
    dispatcher.on(
        Action.RESIZE,
        Set.of(Role.NAS),
        (json, options) -> compute.resize(Requests.resizeTarget(json), options),
        (device, reply) -> Replies.put(reply, device));
    dispatcher.on(
        Action.LIST_DEVICES,
        MANAGERS,
        (json, options) -> compute.listDevices(options),
        (devices, reply) -> Replies.putDevices(reply, devices));
    dispatcher.on(
        Action.RECONCILE,
        Set.of(Role.OPERATOR),
        (json, options) -> compute.reconcile(Requests.repair(json), options),
        (findings, reply) -> Replies.putFindings(reply, findings));
    LegacyComputeRequests legacy = new LegacyComputeRequests(compute);
    dispatcher.on(Dialect.LEGACY, Action.LIST_DEVICES, MANAGERS, legacy::listDevices);
    dispatcher.on(Dialect.LEGACY, Action.INITIATOR, MANAGERS, legacy::initiator);
    dispatcher.on(Dialect.LEGACY, Action.MAP_ZVOL, Set.of(Role.NAS), legacy::map);
    dispatcher.on(Dialect.LEGACY, Action.UNMAP_ZVOL, Set.of(Role.NAS), legacy::unmap);
    return dispatcher;
  }

  private void on(Dialect dialect, Action action, Set<Role> callers, Execution execution) {
    Objects.requireNonNull(handlers.get(dialect)).put(action, new Handler(callers, execution));
  }

  private <T> void on(
      Action action,
      Set<Role> callers,
      BiFunction<JsonFields, CallOptions, CompletableFuture<T>> call,
      BiConsumer<T, ObjectNode> result) {
    Execution execution =
        (json, options) ->
            call.apply(json, options)
                .thenApply(
                    value -> {
                      ObjectNode reply = Replies.success(action);
                      result.accept(value, reply);
                      return reply;
                    });
    on(Dialect.OURS, action, callers, execution);
  }

  /** {@return the same for a transport that carries replies of at most so many bytes} */
  public RequestHandler within(int mostBytes) {
    return request -> handle(request, mostBytes);
  }

  @Override
  public CompletionStage<byte[]> handle(Request request) {
    return handle(request, Integer.MAX_VALUE);
  }

  private CompletionStage<byte[]> handle(Request request, int mostBytes) {
    Dialect dialect = Dialect.of(request);
    return Answers.of(() -> admitted(dialect, request, mostBytes))
        .exceptionally(failure -> failed(dialect, failure));
  }

  private CompletableFuture<byte[]> admitted(Dialect dialect, Request request, int mostBytes) {
    String sender = Authorization.sender(request);
    authorization.requireKnown(sender);
    return limit.admit(sender, () -> dispatch(dialect, request, sender, mostBytes));
  }

  private CompletableFuture<byte[]> dispatch(
      Dialect dialect, Request request, String sender, int mostBytes) {
    requireSize(request.body());
    JsonFields json = Json.read(request.body(), "request");
    String name = json.text("action");
    Map<Action, Handler> known = Objects.requireNonNull(handlers.get(dialect));
    Action action = Action.named(name).filter(known::containsKey).orElse(null);
    if (action == null) {
      return CompletableFuture.completedFuture(
          Json.write(dialect.unsupported(name, unsupported(name))));
    }
    Handler handler = Objects.requireNonNull(known.get(action));
    authorization.require(sender, handler.callers(), "'" + name + "'");
    OperationId operation =
        new OperationId(json.optionalText("operation_id").orElseGet(request::id));
    CallOptions options =
        new CallOptions(time(request.deadline()), operation, Requests.expected(json));
    Supplier<CompletableFuture<byte[]>> reply =
        () ->
            Trace.of(
                scheduler,
                operation,
                action.request(),
                () ->
                    handler
                        .execution()
                        .execute(json, options)
                        .thenApply(answer -> fitting(action, Json.write(answer), mostBytes)));
    return action.mutates()
        ? inTime(
            options.timeout(),
            recent.once(new RecentReplies.Key(sender, action, operation), request.id(), reply))
        : reply.get();
  }

  /** The first one's answer may take longer than its repetition waits. */
  private CompletableFuture<byte[]> inTime(Duration time, CompletableFuture<byte[]> reply) {
    return Answers.by(
        Deadline.after(time, scheduler::nanoTime),
        scheduler,
        reply,
        () ->
            VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, "the request has not ended")
                .reason("an earlier sending of it is still under way")
                .correction("repeat it with a longer time-out")
                .outcomeUnknown(true)
                .build());
  }

  private static void requireSize(byte[] body) {
    if (body.length > LARGEST_REQUEST) {
      throw VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the request is too long")
          .reason("it has " + body.length + " bytes, and " + LARGEST_REQUEST + " is the most")
          .correction("see docs/protocol.md for the fields of a request")
          .build();
    }
  }

  /** Otherwise the caller would hear nothing before his deadline. */
  private static byte[] fitting(Action action, byte[] reply, int mostBytes) {
    if (reply.length > mostBytes) {
      throw VmStoreException.builder(
              ErrorCode.RESOURCE_EXHAUSTED, "cannot send the answer to '" + action.request() + "'")
          .reason("it has " + reply.length + " bytes, and " + mostBytes + " is the most")
          .correction("ask for less at once, or raise the maximum body on both sides")
          .outcomeUnknown(action.mutates() || action == Action.RECONCILE)
          .build();
    }
    return reply;
  }

  private static Duration time(Deadline deadline) {
    Duration left = deadline.atMost(LONGEST).remaining();
    Duration share = left.dividedBy(TRAVEL_SHARE);
    Duration kept = left.minus(share.compareTo(TRAVEL) < 0 ? share : TRAVEL);
    return kept.isZero() ? Duration.ofMillis(1) : kept;
  }

  private static VmStoreException unsupported(String name) {
    return VmStoreException.builder(
            ErrorCode.UNIMPLEMENTED, "action '" + Printable.ascii(name, 80) + "' is not known here")
        .reason("this node plays a role without it, or is older than the caller")
        .correction("check the node's name and role")
        .build();
  }

  private byte[] failed(Dialect dialect, Throwable throwable) {
    VmStoreException failure = Failures.of(throwable);
    if (failure.code() == ErrorCode.INTERNAL) {
      LOG.error("a request failed unexpectedly", throwable);
    }
    return Json.write(dialect.failure(failure));
  }
}
