package io.vmstore.amqp;

import io.vmstore.spi.Scheduler;
import io.vmstore.spi.WorkerThreads;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;

/**
 * Where a transport's handlers run and its answers are given: threads of its own, or those that its
 * process has anyway, never amqp-client's. Once closed it drops what it is given. Thread-safe.
 */
final class Threads implements AutoCloseable {
  private static final String NAME = "vmstore-amqp";

  private final Scheduler scheduler;
  private final Runnable end;
  private volatile boolean closed;

  private Threads(Scheduler scheduler, Runnable end) {
    this.scheduler = scheduler;
    this.end = end;
  }

  /** {@return threads that end with the transport} */
  static Threads own() {
    WorkerThreads threads = new WorkerThreads(NAME);
    return new Threads(threads, threads::finish);
  }

  /** {@return somebody else's threads} */
  static Threads of(Scheduler scheduler) {
    return new Threads(scheduler, () -> {});
  }

  static ThreadFactory daemons(String part) {
    return WorkerThreads.daemons(NAME + "-" + part);
  }

  void execute(Runnable task) {
    if (closed) {
      return;
    }
    try {
      scheduler.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: nobody waits for it.
    }
  }

  /** Runs a task later. {@return what cancels it} */
  Runnable schedule(Runnable task, Duration delay) {
    return closed ? () -> {} : scheduler.schedule(task, delay);
  }

  /** Begins nothing new; handlers under way end by themselves. */
  @Override
  public void close() {
    closed = true;
    end.run();
  }
}
