package io.vmstore.amqp;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A transport's daemon threads: one for each handler or answer under way, none of them
 * amqp-client's own, and one that keeps the timers. Once closed it drops what it is given.
 * Thread-safe.
 */
final class Threads implements AutoCloseable {
  private final ExecutorService workers = Executors.newCachedThreadPool(daemons("worker"));
  private final ScheduledThreadPoolExecutor timers =
      new ScheduledThreadPoolExecutor(1, daemons("timer"));

  Threads() {
    timers.setRemoveOnCancelPolicy(true); // most deadlines never pass, and would pile up
  }

  static ThreadFactory daemons(String part) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "vmstore-amqp-" + part + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  void execute(Runnable task) {
    try {
      workers.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: nobody waits for it.
    }
  }

  /** Runs a task later. {@return what cancels it} */
  Runnable schedule(Runnable task, Duration delay) {
    try {
      Future<?> timer = timers.schedule(() -> execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> timer.cancel(false);
    } catch (RejectedExecutionException e) {
      return () -> {};
    }
  }

  /** Begins nothing new; handlers under way end by themselves. */
  @Override
  public void close() {
    timers.shutdownNow();
    workers.shutdown();
  }
}
