package io.vmstore.testkit.memory;

import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler whose time stands still until a test moves it, and whose tasks run only when, and on
 * the thread on which, a test says so: in the order of their times, and in the order of their
 * submission within one moment. The same test is the same run, always.
 *
 * <p>A task must not block, because nothing else runs meanwhile. Thread safety: thread-safe, though
 * runs repeat exactly only when one thread submits.
 */
public final class ManualScheduler implements Scheduler {
  private static final Comparator<Entry> BY_TIME_THEN_SUBMISSION =
      Comparator.comparingLong((Entry entry) -> entry.at).thenComparingLong(entry -> entry.number);

  private final PriorityQueue<Entry> entries = new PriorityQueue<>(BY_TIME_THEN_SUBMISSION);
  private long now;
  private long submitted;

  private record Entry(Runnable task, long at, long number) {}

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public void execute(Runnable task) {
    submit(task, Duration.ZERO);
  }

  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    Entry entry = submit(task, delay);
    return () -> cancel(entry);
  }

  private synchronized Entry submit(Runnable task, Duration delay) {
    Entry entry = new Entry(task, now + Math.max(0, delay.toNanos()), submitted++);
    entries.add(entry);
    return entry;
  }

  private synchronized void cancel(Entry entry) {
    entries.remove(entry);
  }

  /**
   * Runs the next task that is due now.
   *
   * @return whether there was one
   */
  public boolean runNext() {
    Entry entry = takeDueBy(nanoTime());
    if (entry != null) {
      entry.task.run();
    }
    return entry != null;
  }

  /** Runs what is due now, and what that submits, until nothing is due now. */
  public void runDue() {
    advance(Duration.ZERO);
  }

  /** Moves time forward, running each task at its time. */
  public void advance(Duration time) {
    long end = nanoTime() + time.toNanos();
    Entry entry = takeDueBy(end);
    while (entry != null) {
      entry.task.run();
      entry = takeDueBy(end);
    }
    moveTo(end);
  }

  /** {@return whether no task waits, for now or for later} */
  public synchronized boolean idle() {
    return entries.isEmpty();
  }

  private synchronized @Nullable Entry takeDueBy(long end) {
    Entry first = entries.peek();
    if (first == null || first.at > end) {
      return null;
    }
    entries.remove();
    now = Math.max(now, first.at);
    return first;
  }

  private synchronized void moveTo(long end) {
    now = Math.max(now, end);
  }
}
