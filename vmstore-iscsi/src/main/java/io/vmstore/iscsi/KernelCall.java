package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A call into the kernel that nothing can interrupt and that lasts as long as an unreachable target
 * keeps its commands: two minutes with open-iscsi's own {@code replacement_timeout}. It runs {@link
 * Aside}, so that whoever asked keeps its deadline.
 */
final class KernelCall<T> {
  /** What the kernel is asked. */
  @FunctionalInterface
  interface Action<T> {
    T call() throws IOException;
  }

  /** What the kernel is told. */
  @FunctionalInterface
  interface Effect {
    void run() throws IOException;
  }

  /** Longer than a call to a target that answers. */
  private static final Duration LOOK_ROUND = Duration.ofMillis(200);

  private final String name;
  private final CompletableFuture<T> result;

  private KernelCall(String name, CompletableFuture<T> result) {
    this.name = name;
    this.result = result;
  }

  /**
   * Starts the call.
   *
   * @param name what is done, for the errors
   */
  static <T> KernelCall<T> start(String name, Action<T> action) {
    return new KernelCall<>(name, Aside.call(name, action::call));
  }

  /** Starts a call without a result. */
  static KernelCall<Boolean> start(String name, Effect effect) {
    return start(
        name,
        () -> {
          effect.run();
          return true;
        });
  }

  /** Waits for the end of a call whose result nobody has to look after. */
  void await(Attempt attempt, BooleanSupplier hopeful) throws IOException {
    await(attempt, hopeful, late -> {});
  }

  /**
   * Waits for the result.
   *
   * @param hopeful tells whether it is worth waiting any longer
   * @param late is given a result that comes when nobody waits any more
   * @throws IOException what the kernel said; an InterruptedIOException when there is no more hope
   * @throws io.vmstore.error.VmStoreException DEADLINE_EXCEEDED, CANCELLED
   */
  T await(Attempt attempt, BooleanSupplier hopeful, Consumer<T> late) throws IOException {
    boolean ended = false;
    try {
      while (true) {
        if (ended()) {
          ended = true;
          return result();
        }
        if (attempt.deadline().passed()) {
          throw attempt
              .failure(ErrorCode.DEADLINE_EXCEEDED)
              .reason("the kernel has not finished to " + name)
              .correction("see 'dmesg' and whether the NAS can be reached; then repeat the call")
              .build();
        }
        if (!hopeful.getAsBoolean()) {
          throw new InterruptedIOException("the target stopped answering");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw attempt.cancelled();
    } finally {
      if (!ended) {
        result.thenAccept(late);
      }
    }
  }

  private boolean ended() throws InterruptedException {
    try {
      result.get(LOOK_ROUND.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException e) {
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private T result() throws IOException, InterruptedException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException("cannot " + name, e.getCause());
    }
  }
}
