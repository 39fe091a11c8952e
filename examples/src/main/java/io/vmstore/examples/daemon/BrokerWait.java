package io.vmstore.examples.daemon;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries to get to work until the broker is there. A node boots when it likes; that the broker does
 * later is no reason to fail.
 */
final class BrokerWait {
  /** Waits between two attempts. */
  @FunctionalInterface
  interface Pause {
    /**
     * Returns after the given time.
     *
     * @throws VmStoreException CANCELLED when the daemon stops first
     */
    void last(Duration time);
  }

  private static final Logger LOG = LoggerFactory.getLogger(BrokerWait.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(16);

  private final String broker;
  private final Deadline end;
  private final Pause pause;

  /**
   * Makes one.
   *
   * @param broker the broker's address, for the log
   */
  BrokerWait(String broker, Deadline end, Pause pause) {
    this.broker = broker;
    this.end = end;
    this.pause = pause;
  }

  /**
   * {@return what the first successful attempt returns}
   *
   * @throws VmStoreException the last attempt's failure, at the deadline or when another attempt
   *     would be in vain
   */
  <T> T until(Supplier<T> attempt) {
    Duration next = FIRST_PAUSE;
    for (int number = 1; ; number++) {
      try {
        return attempt.get();
      } catch (VmStoreException e) {
        if (!e.code().retryable() || end.remaining().compareTo(next) < 0) {
          throw e;
        }
        LOG.info(
            "waiting for the broker at {}: attempt {} failed, the next one is in {} s: {}",
            broker,
            number,
            next.toSeconds(),
            e.getMessage());
      }
      pause.last(next);
      Duration longer = next.multipliedBy(2);
      next = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }
  }
}
