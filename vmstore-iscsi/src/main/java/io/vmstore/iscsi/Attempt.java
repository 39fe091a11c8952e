package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call under way: what its errors say was attempted, until when it may wait, and whether
 * something was changed already, so that a failure from now on leaves the outcome unknown.
 */
record Attempt(String problem, Deadline deadline, boolean changed) {
  private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(50);
  private static final int UNDO_SHARE = 4;

  static Attempt of(String problem, Deadline deadline) {
    return new Attempt(problem, deadline, false);
  }

  Attempt until(Deadline other) {
    return new Attempt(problem, other, changed);
  }

  /** The same with less time: a quarter, and not more than the given, is kept for undoing it. */
  Attempt sparing(Duration longestUndo) {
    Duration share = deadline.remaining().dividedBy(UNDO_SHARE);
    return until(deadline.earlierBy(shorter(share, longestUndo)));
  }

  Attempt afterChange() {
    return new Attempt(problem, deadline, true);
  }

  /**
   * Refuses to begin too late.
   *
   * @throws VmStoreException DEADLINE_EXCEEDED
   */
  void requireTime() {
    if (deadline.passed()) {
      throw failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason("the time was over before it began")
          .correction("repeat the call with a longer time-out")
          .build();
    }
  }

  VmStoreException.Builder failure(ErrorCode code) {
    return VmStoreException.builder(code, problem).outcomeUnknown(changed);
  }

  /** The failure of a lower layer, told as a failure of this call. */
  VmStoreException failure(VmStoreException lower) {
    String reason = lower.reason().isEmpty() ? "" : ": " + lower.reason();
    return failure(lower.code())
        .reason(lower.problem() + reason)
        .correction(lower.correction())
        .details(lower.details())
        .outcomeUnknown(changed || lower.outcomeUnknown())
        .cause(lower)
        .build();
  }

  /**
   * Waits for a state of the kernel, and returns empty when the deadline passes first. The state is
   * polled: inotify reports no change of sysfs (inotify(7), "pseudo-filesystems"), and the events
   * that the kernel does send, uevents, come by a netlink socket that Java cannot open. The pauses
   * are short at first, because a disk appears within milliseconds of its login.
   *
   * @throws VmStoreException CANCELLED: the thread was interrupted
   */
  <T> Optional<T> await(Supplier<Optional<T>> condition) {
    Duration pause = SHORTEST_PAUSE;
    while (true) {
      Optional<T> met = condition.get();
      if (met.isPresent() || deadline.passed()) {
        return met;
      }
      pause(pause);
      pause = longer(pause);
    }
  }

  /** Waits like {@link #await} and returns whether the condition was met. */
  boolean reaches(BooleanSupplier condition) {
    return await(() -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty()).isPresent();
  }

  /**
   * Parks for the given time or until the deadline.
   *
   * @throws VmStoreException CANCELLED: the thread was interrupted
   */
  void pause(Duration time) {
    LockSupport.parkNanos(shorter(time, deadline.remaining()).toNanos());
    if (Thread.currentThread().isInterrupted()) {
      throw cancelled();
    }
  }

  VmStoreException cancelled() {
    return failure(ErrorCode.CANCELLED).reason("its thread was interrupted").build();
  }

  /**
   * Takes everything back, even on an interrupted thread, and tells what came of it.
   *
   * @param underWay whether somebody who was asked to make something may still be at it
   * @return the failure of this call, with what is known of its outcome
   */
  RuntimeException undone(RuntimeException failure, Runnable undo, BooleanSupplier underWay) {
    boolean interrupted = Thread.interrupted();
    try {
      undo.run();
      return withOutcome(failure, underWay.getAsBoolean());
    } catch (VmStoreException e) {
      failure.addSuppressed(e);
      LOG.warn("{}; it could not be undone", problem, e);
      return withOutcome(failure, true);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException withOutcome(RuntimeException failure, boolean unknown) {
    if (!(failure instanceof VmStoreException told) || told.outcomeUnknown() == unknown) {
      return failure;
    }
    return VmStoreException.builder(told.code(), told.problem())
        .reason(told.reason())
        .correction(told.correction())
        .details(told.details())
        .outcomeUnknown(unknown)
        .cause(told)
        .build();
  }

  private static Duration longer(Duration pause) {
    return shorter(pause.multipliedBy(2), LONGEST_PAUSE);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
