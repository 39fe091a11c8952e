package io.vmstore.testkit.simulator;

import io.vmstore.core.protocol.Authorization;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.memory.MemoryRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A broker and the ways to it. A node's queue lives with its process: what waits in it dies with
 * it. Messages are lost, repeated, late and overtaken; one that has expired is not delivered.
 */
final class SimulatedNetwork {
  private record Listener(SimulatedProcess process, Transport.RequestHandler handler) {}

  /** Every machine is its own user, and may everything: who may what has tests of its own. */
  static final Authorization USERS = Authorization.ofOneUser("*");

  /** What switching between tasks may add for a request that arrives at its last moment. */
  private static final Duration SLACK = Duration.ofMillis(100);

  private static final Duration QUICK = Duration.ofMillis(1);
  private static final Duration USUAL = Duration.ofMillis(30);
  private static final Duration LATE = Duration.ofSeconds(12);

  private final World world;
  private final Trouble trouble;
  private final Map<NodeName, Listener> listeners = new HashMap<>();
  private final Set<String> cutOff = new HashSet<>();
  private long messages;

  SimulatedNetwork(World world, Trouble trouble) {
    this.world = world;
    this.trouble = trouble;
  }

  void cut(String who) {
    cutOff.add(who);
    world.note("{}: cut off from the broker", who);
  }

  void heal(String who) {
    if (cutOff.remove(who)) {
      world.note("{}: reaches the broker again", who);
    }
  }

  void forget(SimulatedProcess process) {
    listeners.values().removeIf(listener -> listener.process() == process);
  }

  /** {@return what a process talks through, under the name of its machine} */
  Transport transport(SimulatedProcess process, String machine) {
    return new ProcessTransport(process, machine);
  }

  private Duration travel() {
    return world.troubled && world.chance.of(trouble.delays())
        ? world.chance.between(USUAL, LATE)
        : world.chance.between(QUICK, USUAL);
  }

  private boolean lost() {
    return world.troubled && world.chance.of(trouble.losses());
  }

  private boolean repeated() {
    return world.troubled && world.chance.of(trouble.repeats());
  }

  private final class ProcessTransport implements Transport {
    private final SimulatedProcess process;
    private final String machine;

    private ProcessTransport(SimulatedProcess process, String machine) {
      this.process = process;
      this.machine = machine;
    }

    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      process.requireAlive("request");
      world.steps++;
      CompletableFuture<Reply> answer = new CompletableFuture<>();
      Deadline deadline = Deadline.after(timeout, process::nanoTime);
      Runnable late =
          process.schedule(
              () -> answer.completeExceptionally(failure(ErrorCode.DEADLINE_EXCEEDED, to, true)),
              timeout);
      answer.whenComplete((reply, failure) -> late.run());
      if (cutOff.contains(machine)) {
        answer.completeExceptionally(failure(ErrorCode.UNAVAILABLE, to, false));
      } else {
        publish(to, body, deadline, answer);
      }
      return answer;
    }

    private void publish(
        NodeName to, byte[] body, Deadline deadline, CompletableFuture<Reply> answer) {
      Listener queue = listeners.get(to);
      if (queue == null) {
        process.schedule(
            () -> answer.completeExceptionally(failure(ErrorCode.UNAVAILABLE, to, false)),
            travel());
        return;
      }
      String id = "m" + messages++;
      if (!lost()) {
        deliver(to, queue, new MemoryRequest(id, machine, body, deadline), answer);
      }
      if (repeated()) {
        deliver(to, queue, new MemoryRequest(id, machine, body, deadline), answer);
      }
    }

    /** Waits while the receiver is cut off; its queue stays as long as its process lives. */
    private void deliver(
        NodeName to, Listener queue, MemoryRequest request, CompletableFuture<Reply> answer) {
      world.clock.schedule(
          () -> {
            boolean gone = !queue.process().alive() || request.deadline().passed();
            if (gone) {
              return;
            }
            if (cutOff.contains(to.value())) {
              deliver(to, queue, request, answer);
            } else {
              handle(to, queue, request, answer);
            }
          },
          travel());
    }

    private void handle(
        NodeName to, Listener queue, MemoryRequest request, CompletableFuture<Reply> answer) {
      Deadline limit = request.deadline();
      CompletableFuture<byte[]> reply;
      try {
        reply = queue.handler().handle(request).toCompletableFuture();
      } catch (SimulatedProcess.Dead e) {
        return;
      }
      world.clock.schedule(
          () -> {
            if (!reply.isDone() && queue.process().alive()) {
              world.violation(
                  "'{}' left a request unanswered at its deadline: {}",
                  to,
                  new String(request.body(), StandardCharsets.UTF_8));
            }
          },
          limit.remaining().plus(SLACK));
      reply.thenAccept(
          body -> {
            if (queue.process().alive()) {
              world.clock.schedule(() -> take(to, body, answer), travel());
            }
          });
    }

    private void take(NodeName from, byte[] body, CompletableFuture<Reply> answer) {
      boolean arrives =
          process.alive() && !cutOff.contains(machine) && !cutOff.contains(from.value()) && !lost();
      if (arrives) {
        answer.complete(new Reply(from.value(), body));
      }
    }

    private VmStoreException failure(ErrorCode code, NodeName to, boolean outcomeUnknown) {
      return VmStoreException.builder(code, "no answer of '" + to + "'")
          .outcomeUnknown(outcomeUnknown)
          .build();
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      process.requireAlive("serve");
      listeners.put(name, new Listener(process, handler));
    }

    @Override
    public int maximumBodyBytes() {
      return 1 << 20;
    }

    @Override
    public void close() {
      forget(process);
    }
  }
}
