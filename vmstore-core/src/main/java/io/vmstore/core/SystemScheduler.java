package io.vmstore.core;

import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The machine's clock, and daemon threads made as they are needed: one for each piece of blocking
 * work under way, which the dispatcher bounds, and one that keeps the timers.
 *
 * <p>Obtained from {@link #create(String)}; whoever creates it closes it, after everything that
 * uses it. Thread safety: thread-safe.
 */
public final class SystemScheduler implements Scheduler, AutoCloseable {
  private final ExecutorService workers;
  private final ScheduledThreadPoolExecutor timers;

  private SystemScheduler(String name) {
    this.workers = Executors.newCachedThreadPool(daemons(name + "-worker-"));
    this.timers = new ScheduledThreadPoolExecutor(1, daemons(name + "-timer-"));
    this.timers.setRemoveOnCancelPolicy(true); // most deadlines never pass, and would pile up
  }

  /**
   * {@return a scheduler of its own threads}
   *
   * @param name the beginning of the threads' names
   */
  public static SystemScheduler create(String name) {
    return new SystemScheduler(name);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    try {
      ScheduledFuture<?> timer =
          timers.schedule(() -> execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> timer.cancel(false);
    } catch (RejectedExecutionException e) {
      return () -> {}; // closed: nothing is timed any more
    }
  }

  @Override
  public void execute(Runnable task) {
    workers.execute(task);
  }

  /** Begins nothing new and interrupts what is under way. */
  @Override
  public void close() {
    timers.shutdownNow();
    workers.shutdownNow();
  }

  private static ThreadFactory daemons(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
