package io.vmstore.spi;

import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that begin later, mostly deadlines, which are nearly all cancelled: so one that is added
 * wakes the thread only when it is due before the thread would wake anyway, and one that is
 * cancelled never does. Thread-safe.
 */
final class Timers {
  private record Timer(long at, long number, Runnable task) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int order = Long.signum(at - other.at); // nanoTime may overflow
      return order != 0 ? order : Long.compare(number, other.number);
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition earlier = lock.newCondition();
  private final ThreadFactory factory;
  private final TreeSet<Timer> timers = new TreeSet<>();
  private @Nullable Thread thread;
  private long number;

  /** When the thread looks next by itself; null while it does not. */
  private @Nullable Long looksAt;

  private boolean closed;

  Timers(ThreadFactory factory) {
    this.factory = factory;
  }

  /**
   * {@return cancels the task}
   *
   * @param task runs on the timers' own thread, and must not block it
   */
  Runnable schedule(Runnable task, Duration delay) {
    lock.lock();
    try {
      if (closed) {
        throw new RejectedExecutionException("closed");
      }
      Timer timer = new Timer(System.nanoTime() + delay.toNanos(), number++, task);
      timers.add(timer);
      if (thread == null) {
        thread = factory.newThread(this::run);
        thread.start();
      } else if (looksAt == null || timer.at - looksAt < 0) {
        earlier.signal();
      }
      return () -> cancel(timer);
    } finally {
      lock.unlock();
    }
  }

  private void cancel(Timer timer) {
    lock.lock();
    try {
      timers.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (Timer due = next(); due != null; due = next()) {
      due.task.run();
    }
  }

  /** Waits for the next one. {@return null when closed} */
  private @Nullable Timer next() {
    lock.lock();
    try {
      while (!closed) {
        if (!timers.isEmpty() && timers.first().at - System.nanoTime() <= 0) {
          return timers.pollFirst();
        }
        await();
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the loop is next()'s
  private void await() {
    try {
      if (timers.isEmpty()) {
        looksAt = null;
        earlier.await();
      } else {
        looksAt = timers.first().at;
        earlier.await(looksAt - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      // Nobody interrupts it with a purpose.
    }
  }

  void end() {
    lock.lock();
    try {
      closed = true;
      timers.clear();
      earlier.signal();
    } finally {
      lock.unlock();
    }
  }
}
