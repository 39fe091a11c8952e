package io.vmstore.amqp;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Writes to one connection, one thing after the other, in the order given. A broker in need stops
 * reading, and a write then blocks one thread, which is never one that may not block. What is
 * written must not throw. Thread-safe.
 */
final class Writer {
  private final Executor threads;
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  /** The one under way included: whoever makes it 1 has to see to the writing. */
  private final AtomicInteger unwritten = new AtomicInteger();

  private volatile boolean closed;

  Writer(Executor threads) {
    this.threads = threads;
  }

  /** Writes on another thread. {@return false when closed, and it will not be} */
  boolean write(Runnable task) {
    return add(task, () -> threads.execute(this::writeAll));
  }

  /**
   * Writes on this thread, which may block, when nobody else is writing; otherwise as {@link
   * #write}.
   */
  boolean writeHere(Runnable task) {
    return add(task, this::writeOne);
  }

  private boolean add(Runnable task, Runnable begin) {
    if (closed) {
      return false;
    }
    waiting.add(task);
    if (unwritten.getAndIncrement() == 0) {
      begin.run();
    }
    return true;
  }

  private void writeOne() {
    if (runNext() > 0) {
      threads.execute(this::writeAll);
    }
  }

  private void writeAll() {
    int left;
    do {
      left = runNext();
    } while (left > 0);
  }

  private int runNext() {
    waiting.remove().run(); // there is one: each is added before it is counted
    return unwritten.decrementAndGet();
  }

  /** Takes nothing more; what waits is still run, and finds the connection lost. */
  void close() {
    closed = true;
  }
}
