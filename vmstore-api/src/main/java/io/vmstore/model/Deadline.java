package io.vmstore.model;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The moment after which nobody waits for an answer any more. It is measured on a clock that only
 * goes forward, so a change of the time of day moves no deadline, and it has a meaning only inside
 * the process that made it: on the wire the remaining time travels.
 *
 * <p>Thread safety: immutable.
 */
public final class Deadline {
  /**
   * Long enough for any operation, short enough that adding it to a nanosecond clock cannot
   * overflow.
   */
  private static final Duration LONGEST = Duration.ofDays(365);

  private final LongSupplier nanoClock;
  private final long at;

  private Deadline(LongSupplier nanoClock, long at) {
    this.nanoClock = nanoClock;
    this.at = at;
  }

  /** {@return the deadline that passes after the given time, at most a year} */
  public static Deadline after(Duration time) {
    return after(time, System::nanoTime);
  }

  /**
   * {@return the deadline that passes after the given time, at most a year, on the given clock}
   *
   * @param nanoClock nanoseconds from any origin, never going back
   */
  public static Deadline after(Duration time, LongSupplier nanoClock) {
    Duration bounded = time.compareTo(LONGEST) > 0 ? LONGEST : time;
    if (time.isNegative()) {
      bounded = Duration.ZERO; // the longest ones before now have too many nanoseconds for a long
    }
    return new Deadline(nanoClock, nanoClock.getAsLong() + bounded.toNanos());
  }

  /** {@return the time left, zero once it has passed} */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, at - nanoClock.getAsLong()));
  }

  /** {@return whether it has passed} */
  public boolean passed() {
    return at - nanoClock.getAsLong() <= 0;
  }

  /** {@return the earlier of this deadline and one that passes after the given time} */
  public Deadline atMost(Duration time) {
    Deadline other = after(time, nanoClock);
    return other.at - at < 0 ? other : this;
  }

  /**
   * {@return a deadline earlier than this one by the given time: what is left to a step when others
   * must follow it}
   */
  public Deadline earlierBy(Duration reserve) {
    return new Deadline(nanoClock, at - reserve.toNanos());
  }

  /** {@return the time left, for people} */
  @Override
  public String toString() {
    return remaining().toMillis() + " ms left";
  }
}
