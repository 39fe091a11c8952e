package io.vmstore.testkit.fault;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Where a call hangs until a test lets it go on. Obtained from {@link FaultPlan.Fault#block}.
 * Thread safety: thread-safe.
 */
public final class Gate {
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  Gate() {}

  /**
   * Waits until a call hangs here.
   *
   * @throws AssertionError when none came in time
   */
  public void awaitReached(Duration patience) {
    try {
      if (!reached.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("no call came to the gate within " + patience);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted before a call came to the gate", e);
    }
  }

  /** {@return whether a call hangs, or hung, here} */
  public boolean reached() {
    return reached.getCount() == 0;
  }

  /** Lets the call go on; again is harmless. */
  public void release() {
    released.countDown();
  }

  void pass(PortCall call) {
    reached.countDown();
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw VmStoreException.builder(ErrorCode.CANCELLED, "call " + call + " was abandoned")
          .reason("its thread was interrupted while a test made it hang")
          .outcomeUnknown(true)
          .build();
    }
  }
}
