package io.vmstore.zfs.lio;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a call goes on: until its deadline or until its thread is interrupted.
 *
 * @param problem what cannot be done then
 * @param changed whether something was changed by then
 * @param interruptible whether an interrupt ends it; undoing goes on in spite of one
 */
record Patience(String problem, Deadline deadline, boolean changed, boolean interruptible) {
  private static final Duration UNDOING = Duration.ofSeconds(10);

  /** {@return for a call that has changed nothing yet, or undoes what it changed} */
  static Patience of(String problem, Deadline deadline) {
    return new Patience(problem, deadline, false, true);
  }

  /** {@return for undoing, which takes the time it needs, within bounds} */
  static Patience undoing(String problem) {
    return new Patience(problem, Deadline.after(UNDOING), true, false);
  }

  /** {@return this, from the first change on} */
  Patience changing() {
    return new Patience(problem, deadline, true, interruptible);
  }

  /** Throws when it is over. */
  void check() {
    if (interruptible && Thread.currentThread().isInterrupted()) {
      throw over(ErrorCode.CANCELLED, "the calling thread was interrupted");
    }
    if (deadline.passed()) {
      throw over(ErrorCode.DEADLINE_EXCEEDED, "the deadline passed first");
    }
  }

  /** Waits, for something of which the kernel gives no event. */
  void pause(Duration time) {
    check();
    LockSupport.parkNanos(deadline.atMost(time).remaining().toNanos());
  }

  /** {@return whether the lock was there in that time} An interrupt ends the wait, and stays. */
  boolean awaits(Lock lock, Duration time) {
    check();
    try {
      return lock.tryLock(deadline.atMost(time).remaining().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private VmStoreException over(ErrorCode code, String reason) {
    return VmStoreException.builder(code, problem)
        .reason(reason)
        .correction("repeat the call, with more time")
        .outcomeUnknown(changed)
        .build();
  }
}
