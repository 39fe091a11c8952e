package io.vmstore.spi;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The machine's clock, and daemon threads: as many as there is blocking work under way, and one
 * that keeps the timers. With nothing to do it does nothing.
 *
 * <p>Obtained from the constructor; whoever makes it closes it, after everything that uses it.
 * Thread safety: thread-safe.
 */
public final class WorkerThreads implements Scheduler, AutoCloseable {
  private final Workers workers;
  private final Timers timers;

  /**
   * Makes one, yet without a thread.
   *
   * @param name the beginning of the threads' names
   */
  public WorkerThreads(String name) {
    this.workers = new Workers(daemons(name + "-worker"));
    this.timers = new Timers(daemons(name + "-timer"));
  }

  /** {@return makes daemon threads of a name and a number} */
  public static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  /**
   * {@inheritDoc}
   *
   * @throws RejectedExecutionException when closed
   */
  @Override
  public void execute(Runnable task) {
    workers.execute(task);
  }

  /** {@inheritDoc} Once closed it times nothing any more. */
  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    try {
      return timers.schedule(() -> executeUnlessClosed(task), delay);
    } catch (RejectedExecutionException e) {
      return () -> {};
    }
  }

  private void executeUnlessClosed(Runnable task) {
    try {
      workers.execute(task);
    } catch (RejectedExecutionException e) {
      // It came due as this was closed.
    }
  }

  /** Begins nothing new; what was given to {@link #execute} ends by itself. */
  public void finish() {
    timers.end();
    workers.end();
  }

  /** Begins nothing new and interrupts what is under way. */
  @Override
  public void close() {
    timers.end();
    workers.endNow();
  }
}
