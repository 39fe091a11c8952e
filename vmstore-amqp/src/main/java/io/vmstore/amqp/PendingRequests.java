package io.vmstore.amqp;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport.Reply;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who waits for which reply. Each leaves at its reply, its failure or its deadline, whichever is
 * first; what comes later is dropped. Answers are given on the transport's threads, where a
 * caller's continuation may block; an entry stays until it is answered, so that a close at any
 * moment answers it too. Thread-safe.
 */
final class PendingRequests {
  private record Pending(NodeName to, CompletableFuture<Reply> reply) {}

  private final Threads threads;
  private final Map<String, Pending> requests = new ConcurrentHashMap<>();
  private volatile boolean closed;

  PendingRequests(Threads threads) {
    this.threads = threads;
  }

  CompletableFuture<Reply> add(String id, NodeName to, Deadline deadline) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    requests.put(id, new Pending(to, reply));
    Runnable cancelTimer =
        threads.schedule(
            () -> reply.completeExceptionally(Failures.late(to)), deadline.remaining());
    reply.whenComplete(
        (body, failure) -> {
          cancelTimer.run();
          requests.remove(id);
        });
    if (closed) { // looked at after the entry was made, so close() saw the entry or it is seen here
      reply.completeExceptionally(Failures.closed(Failures.asking(to)));
    }
    return reply;
  }

  /** {@return whether somebody waited for it} */
  boolean reply(String id, Reply reply) {
    Pending pending = requests.get(id);
    if (pending == null) {
      return false;
    }
    threads.execute(() -> pending.reply.complete(reply));
    return true;
  }

  void fail(String id, VmStoreException failure) {
    Pending pending = requests.get(id);
    if (pending != null) {
      threads.execute(() -> pending.reply.completeExceptionally(failure));
    }
  }

  /** Gives up one reply, whose queue is gone. */
  void replyLost(String id) {
    Pending waiting = requests.get(id);
    if (waiting != null) {
      fail(id, Failures.replyLost(waiting.to));
    }
  }

  /** Gives up every reply: none can arrive any more. */
  void failAll() {
    requests.forEach((id, pending) -> fail(id, Failures.replyLost(pending.to)));
  }

  void close() {
    closed = true;
    requests
        .values()
        .forEach(pending -> pending.reply.completeExceptionally(Failures.cancelled(pending.to)));
  }
}
