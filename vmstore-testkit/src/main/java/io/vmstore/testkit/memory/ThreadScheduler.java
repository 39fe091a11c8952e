package io.vmstore.testkit.memory;

import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * A scheduler of real time and daemon threads, as many as there are tasks, for tests. Thread
 * safety: thread-safe.
 */
public final class ThreadScheduler implements Scheduler, AutoCloseable {
  private final ExecutorService workers = Executors.newCachedThreadPool(daemons("testkit-worker"));
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1, daemons("testkit-timer"));

  /** Starts it; {@link #close} ends its threads. */
  public ThreadScheduler() {
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void execute(Runnable task) {
    workers.execute(task);
  }

  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    ScheduledFuture<?> scheduled =
        timer.schedule(() -> workers.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }

  /** Interrupts what runs and drops what waits. */
  @Override
  public void close() {
    timer.shutdownNow();
    workers.shutdownNow();
  }
}
