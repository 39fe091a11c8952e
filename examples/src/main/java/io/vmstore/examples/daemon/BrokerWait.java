package io.vmstore.examples.daemon;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries to get to work until the broker is there. A node boots when it likes; that the broker does
 * later is no reason to fail. Nor is, for a while, that the node's name is taken: after a power cut
 * the broker takes the connection of the node's former life for alive until it has missed its
 * heartbeats.
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

  /** A peer is dead to the broker after two or three heartbeats, of 10 s unless configured. */
  private static final Duration NAME_TAKEN = Duration.ofSeconds(90);

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
   * Returns after the first successful attempt.
   *
   * @throws VmStoreException the last attempt's failure, at the deadline or when another attempt
   *     would be in vain
   */
  void until(Runnable attempt) {
    Duration next = FIRST_PAUSE;
    Duration taken = Duration.ZERO;
    for (int number = 1; ; number++) {
      try {
        attempt.run();
        return;
      } catch (VmStoreException e) {
        if (e.code() == ErrorCode.ALREADY_EXISTS) {
          next = shorter(next, NAME_TAKEN.minus(taken));
          taken = taken.plus(next);
        }
        if (!worthAnother(e.code(), next)) {
          throw e;
        }
        log(number, next, e);
      }
      pause.last(next);
      next = shorter(next.multipliedBy(2), LONGEST_PAUSE);
    }
  }

  private boolean worthAnother(ErrorCode code, Duration next) {
    return (code.retryable() || code == ErrorCode.ALREADY_EXISTS)
        && !next.isZero()
        && end.remaining().compareTo(next) >= 0;
  }

  private void log(int number, Duration next, VmStoreException failure) {
    LOG.info(
        "waiting for the broker at {}{}: attempt {} failed, the next one is in {} s: {}",
        broker,
        failure.code() == ErrorCode.ALREADY_EXISTS
            ? " to give up the name, which a dead connection of this node may still hold"
            : "",
        number,
        next.toSeconds(),
        failure.getMessage());
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
