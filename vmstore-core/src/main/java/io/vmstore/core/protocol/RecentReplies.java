package io.vmstore.core.protocol;

import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.OperationId;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The replies of the latest mutating requests, so that a repetition gets the first one's answer, or
 * waits for it. After a failure that a retry may cure, a caller who sends the request again has it
 * executed again; the same message, delivered again by the broker, never has.
 *
 * <p>Thread safety: thread-safe.
 */
final class RecentReplies {
  /**
   * A request.
   *
   * @param sender who sent it: one sender's names mean nothing to another
   * @param action what it asks for
   * @param operation its name
   */
  record Key(String sender, Action action, OperationId operation) {}

  /** The latest execution, and every message that asked for it or for an earlier one. */
  private record Execution(Set<String> messages, CompletableFuture<byte[]> reply) {
    private boolean standsFor(String message) {
      return messages.contains(message) || !reply.isCompletedExceptionally() || !curable();
    }

    private boolean curable() {
      VmStoreException failure = Failures.of(reply.handle((body, thrown) -> thrown).join());
      return failure.code().retryable() || failure.outcomeUnknown();
    }
  }

  /** Of each sender: otherwise one could have another's forgotten. */
  private static final int KEPT = 10_000;

  /** Of one request, more than ever reach a node within the time a broker may keep one of them. */
  private static final int MESSAGES = 1_000;

  private final Map<String, Map<Key, Execution>> executions = new HashMap<>();

  private static <K, V> Map<K, V> latest(int most) {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
      }
    };
  }

  CompletableFuture<byte[]> once(
      Key key, String message, Supplier<CompletableFuture<byte[]>> execution) {
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    synchronized (executions) {
      Map<Key, Execution> his = executions.computeIfAbsent(key.sender(), any -> latest(KEPT));
      Execution latest = his.get(key);
      if (latest != null && latest.standsFor(message)) {
        latest.messages().add(message);
        return latest.reply();
      }
      Set<String> messages =
          latest == null ? Collections.newSetFromMap(latest(MESSAGES)) : latest.messages();
      messages.add(message);
      his.put(key, new Execution(messages, reply));
    }
    Answers.of(execution)
        .whenComplete(
            (body, failure) -> {
              if (failure == null) {
                reply.complete(body);
              } else {
                reply.completeExceptionally(failure);
              }
            });
    return reply;
  }
}
