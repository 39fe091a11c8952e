package io.vmstore.core.flow;

import io.vmstore.CallOptions;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
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

  /**
   * {@return as {@link #by}, the answer to a call of a role on this machine}
   *
   * @param operation what is tried, for the error of a call that is still under way at its deadline
   */
  public static <T> CompletableFuture<T> within(
      CallOptions options,
      Scheduler scheduler,
      String operation,
      Function<Deadline, CompletableFuture<T>> work) {
    Deadline deadline = Deadline.after(options.timeout(), scheduler::nanoTime);
    return by(
        deadline,
        scheduler,
        of(() -> work.apply(deadline)),
        () ->
            VmStoreException.builder(
                    ErrorCode.DEADLINE_EXCEEDED, "could not " + operation + " in time")
                .reason("it is still under way after " + options.timeout().toMillis() + " ms")
                .correction(
                    "look at the log of this node, then repeat the call with a longer time-out")
                .outcomeUnknown(true)
                .build());
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
