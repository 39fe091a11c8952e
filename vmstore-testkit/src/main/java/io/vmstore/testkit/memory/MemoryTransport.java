package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One machine's end of a {@link MemoryNetwork}. Thread-safe. */
final class MemoryTransport implements Transport {
  private static final Logger LOG = System.getLogger(MemoryTransport.class.getName());
  private static final int LONGEST_BODY = 16 * 1024 * 1024;

  private final PortLifecycle lifecycle = new PortLifecycle("transport");
  private final MemoryNetwork network;
  private final Scheduler scheduler;
  private final NodeName machine;
  private final AtomicLong requests = new AtomicLong();
  private final Map<String, CompletableFuture<Reply>> pending = new ConcurrentHashMap<>();

  MemoryTransport(MemoryNetwork network, Scheduler scheduler, NodeName machine) {
    this.network = network;
    this.scheduler = scheduler;
    this.machine = machine;
  }

  @Override
  public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
    String problem = "cannot ask node '" + to + "'";
    String id = machine + "-" + requests.incrementAndGet();
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    pending.put(id, reply);
    try {
      // After the entry, so that a close at this moment either is seen here or sees the entry.
      lifecycle.enter(problem);
      checkLength(body, problem);
    } catch (VmStoreException e) {
      fail(id, e);
      return reply;
    }
    Runnable cancelTimer = scheduler.schedule(() -> fail(id, noReply(problem)), timeout);
    CompletableFuture<Reply> unused =
        reply.whenComplete((bytes, failure) -> forget(id, cancelTimer));
    Deadline deadline = Deadline.after(timeout, scheduler::nanoTime);
    MemoryRequest message = new MemoryRequest(id, machine.value(), body.clone(), deadline);
    scheduler.execute(() -> deliver(to, message, problem));
    return reply;
  }

  private static void checkLength(byte[] body, String problem) {
    if (body.length > LONGEST_BODY) {
      throw VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, problem)
          .reason("the request has " + body.length + " bytes, more than " + LONGEST_BODY)
          .build();
    }
  }

  private void deliver(NodeName to, MemoryRequest message, String problem) {
    Optional<MemoryNetwork.Listener> listener = network.listener(to);
    if (listener.isEmpty()) {
      fail(message.id(), absent(problem));
    } else if (network.connected(machine, listener.get().transport().machine)) {
      listener.get().transport().handle(listener.get().handler(), message, this);
    }
  }

  private void handle(RequestHandler handler, MemoryRequest message, MemoryTransport caller) {
    CompletionStage<byte[]> answer;
    try {
      answer = handler.handle(message);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    answer.whenComplete((bytes, failure) -> answered(caller, message.id(), bytes, failure));
  }

  private void answered(
      MemoryTransport caller, String id, byte @Nullable [] bytes, @Nullable Throwable failure) {
    if (bytes == null) {
      LOG.log(Level.ERROR, "request " + id + " stays without an answer", failure);
    } else {
      byte[] copy = bytes.clone();
      scheduler.execute(() -> sendReply(caller, id, copy));
    }
  }

  private void sendReply(MemoryTransport caller, String id, byte[] bytes) {
    CompletableFuture<Reply> waiting = caller.pending.get(id);
    if (waiting != null && network.connected(machine, caller.machine)) {
      waiting.complete(new Reply(machine.value(), bytes));
    }
  }

  @Override
  public void serve(NodeName name, RequestHandler handler) {
    lifecycle.enter("cannot listen as '" + name + "'");
    network.listen(name, new MemoryNetwork.Listener(this, handler));
  }

  @Override
  public int maximumBodyBytes() {
    return LONGEST_BODY;
  }

  @Override
  public void close() {
    lifecycle.close();
    network.forget(this);
    pending.keySet().forEach(id -> fail(id, closed()));
  }

  private void forget(String id, Runnable cancelTimer) {
    cancelTimer.run();
    pending.remove(id);
  }

  private void fail(String id, VmStoreException failure) {
    CompletableFuture<Reply> waiting = pending.remove(id);
    if (waiting != null) {
      waiting.completeExceptionally(failure);
    }
  }

  private static VmStoreException absent(String problem) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
        .reason("no node of that name listens")
        .correction("start the node, or correct the name")
        .build();
  }

  private static VmStoreException noReply(String problem) {
    return VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, problem)
        .reason("no reply came in time")
        .correction("look at the node's log")
        .outcomeUnknown(true)
        .build();
  }

  private static VmStoreException closed() {
    return VmStoreException.builder(ErrorCode.CANCELLED, "cannot wait for a reply")
        .reason("the transport was closed")
        .outcomeUnknown(true)
        .build();
  }
}
