package io.vmstore.core;

import io.vmstore.spi.Scheduler;
import io.vmstore.spi.WorkerThreads;
import java.time.Duration;

/**
 * The machine's clock, and daemon threads made as they are needed: one for each piece of blocking
 * work under way, which the dispatcher bounds, and one that keeps the timers.
 *
 * <p>Obtained from {@link #create(String)}; whoever creates it closes it, after everything that
 * uses it. Thread safety: thread-safe.
 */
public final class SystemScheduler implements Scheduler, AutoCloseable {
  private final WorkerThreads threads;

  private SystemScheduler(String name) {
    this.threads = new WorkerThreads(name);
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
    return threads.nanoTime();
  }

  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    return threads.schedule(task, delay);
  }

  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /** Begins nothing new and interrupts what is under way. */
  @Override
  public void close() {
    threads.close();
  }
}
