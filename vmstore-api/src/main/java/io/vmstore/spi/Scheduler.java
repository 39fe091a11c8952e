package io.vmstore.spi;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executor;

/**
 * Time, threads and chance, given to the roles from outside so that the same code runs on a real
 * clock and on a simulated one.
 *
 * <p>Thread safety: implementations are thread-safe.
 */
public interface Scheduler extends Executor {
  /** {@return nanoseconds from any origin, never going back} */
  long nanoTime();

  /**
   * Runs a task once after a delay, as {@link #execute} would.
   *
   * @return cancels the task when it has not begun; calling it later, or again, does nothing
   */
  Runnable schedule(Runnable task, Duration delay);

  /** {@return a new identity, which nobody else has or will have} */
  default UUID newIdentity() {
    return UUID.randomUUID();
  }

  /** {@return so many bytes that nobody can foresee, to make secrets of} */
  default byte[] secretBytes(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  /** Runs a task on another thread, at once or when one is free. The task may block. */
  @Override
  void execute(Runnable task);
}
