package io.vmstore.core.protocol;

import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.model.OperationId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The replies of the latest mutating requests, so that a repetition gets the first one's answer, or
 * waits for it. A failure that a retry may cure is forgotten at once, or repeating the request
 * would be in vain.
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

  private static final int KEPT = 10_000;

  private final Map<Key, CompletableFuture<byte[]>> replies =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, CompletableFuture<byte[]>> eldest) {
          return size() > KEPT;
        }
      };

  CompletableFuture<byte[]> once(Key key, Supplier<CompletableFuture<byte[]>> execution) {
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    synchronized (replies) {
      CompletableFuture<byte[]> first = replies.putIfAbsent(key, reply);
      if (first != null) {
        return first;
      }
    }
    Answers.of(execution)
        .whenComplete(
            (body, failure) -> {
              if (failure == null) {
                reply.complete(body);
              } else {
                forgetIfCurable(key, failure);
                reply.completeExceptionally(failure);
              }
            });
    return reply;
  }

  private void forgetIfCurable(Key key, Throwable failure) {
    if (Failures.of(failure).code().retryable() || Failures.of(failure).outcomeUnknown()) {
      synchronized (replies) {
        replies.remove(key);
      }
    }
  }
}
