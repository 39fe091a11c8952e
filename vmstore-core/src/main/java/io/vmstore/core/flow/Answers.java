package io.vmstore.core.flow;

import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Work that is answered in time, whether it has ended or not. */
public final class Answers {
  private Answers() {}

  /**
   * {@return a future that completes as the work does, or at the deadline with {@code late}} The
   * work is not disturbed by the deadline: it goes on and keeps what it holds.
   */
  public static <T> CompletableFuture<T> by(
      Deadline deadline,
      Scheduler scheduler,
      CompletableFuture<T> work,
      Supplier<? extends RuntimeException> late) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Runnable cancel =
        scheduler.schedule(() -> answer.completeExceptionally(late.get()), deadline.remaining());
    work.whenComplete(
        (value, failure) -> {
          cancel.run();
          if (failure == null) {
            answer.complete(value);
          } else {
            answer.completeExceptionally(Failures.of(failure));
          }
        });
    return answer;
  }

  /** {@return the supplier's future, or a failed one when it throws} */
  public static <T> CompletableFuture<T> of(Supplier<CompletableFuture<T>> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
