package io.vmstore.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.opentest4j.TestAbortedException;

/** What the contracts share about expecting failures and running things at once. */
final class Checks {
  /** How often a contract repeats a call that must be idempotent. */
  static final int REPEATS = 10;

  private Checks() {}

  /** {@return the failure of a call that must fail with the given code, and say why} */
  static VmStoreException assertFails(ErrorCode code, ThrowingCallable call) {
    VmStoreException failure = failureOf(call);
    assertThat(failure.code()).as("code of: %s", failure).isEqualTo(code);
    assertThat(failure.problem()).as("problem of: %s", failure).isNotBlank();
    return failure;
  }

  /** As {@link #assertFails}, for a failure that must say that nothing was changed. */
  static VmStoreException assertRefused(ErrorCode code, ThrowingCallable call) {
    VmStoreException failure = assertFails(code, call);
    assertThat(failure.outcomeUnknown()).as("outcomeUnknown of: %s", failure).isFalse();
    return failure;
  }

  static VmStoreException failureOf(ThrowingCallable call) {
    VmStoreException failure = catchThrowableOfType(VmStoreException.class, call);
    assertThat(failure).as("a VmStoreException").isNotNull();
    return failure;
  }

  /** {@return the future's value, or throws its failure as a blocking call would} */
  static <T> T answer(CompletableFuture<T> future, Duration patience) {
    try {
      return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof VmStoreException failure) {
        throw failure;
      }
      throw new AssertionError("failed with something else than a VmStoreException", e);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within " + patience, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for an answer", e);
    }
  }

  /** Runs the calls at the same moment, each on a thread of its own, and returns their results. */
  static <T> List<T> atOnce(int count, Duration patience, IntFunction<Callable<T>> calls) {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    CyclicBarrier start = new CyclicBarrier(count);
    try {
      List<Future<T>> running = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Callable<T> call = calls.apply(i);
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  return call.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : running) {
        results.add(future.get(patience.toNanos(), TimeUnit.NANOSECONDS));
      }
      return results;
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("a call that ran beside others failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while calls ran", e);
    } finally {
      threads.shutdownNow();
    }
  }

  /**
   * Runs a call on a thread that is interrupted from the beginning. It may still succeed, when it
   * waits for nothing; what it must not do is fail otherwise, or swallow the interrupt.
   *
   * @return whether it succeeded
   */
  static boolean interrupted(Duration patience, ThrowingCallable call) {
    return atOnce(1, patience, ignored -> () -> succeedsInterrupted(call)).get(0);
  }

  private static boolean succeedsInterrupted(ThrowingCallable call) {
    Thread.currentThread().interrupt();
    Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(call);
    assertThat(Thread.currentThread().isInterrupted()).as("interrupt flag after the call").isTrue();
    if (thrown != null) {
      assertThat(thrown).isInstanceOf(VmStoreException.class);
      assertThat(((VmStoreException) thrown).code())
          .as("%s", thrown)
          .isEqualTo(ErrorCode.CANCELLED);
    }
    return thrown == null;
  }

  /** Skips a test that needs what the implementation under test cannot offer. */
  static TestAbortedException cannot(String what) {
    return new TestAbortedException("the implementation under test cannot " + what);
  }
}
