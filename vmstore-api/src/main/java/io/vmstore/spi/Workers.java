package io.vmstore.spi;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Threads made as they are needed, one for each task that blocks. Only one thread at a time is on
 * its way to the waiting tasks, and before it begins with one it calls another to the rest: so a
 * task that blocks delays nobody, and many short ones are done by few threads. A cached pool of the
 * JDK wakes a thread for each, which costs more than a short task itself. Thread-safe.
 */
final class Workers {
  private static final Duration REST = Duration.ofSeconds(60);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final ThreadFactory factory;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Set<Thread> threads = new HashSet<>();
  private int resting;

  /** Whether one has been woken or made and has not come yet. */
  private boolean called;

  private boolean closed;

  Workers(ThreadFactory factory) {
    this.factory = factory;
  }

  void execute(Runnable task) {
    lock.lock();
    try {
      if (closed) {
        throw new RejectedExecutionException("closed");
      }
      tasks.add(task);
      call();
    } finally {
      lock.unlock();
    }
  }

  private void call() {
    if (called || tasks.isEmpty()) {
      return;
    }
    called = true;
    if (resting > 0) {
      work.signal();
    } else {
      start();
    }
  }

  private void start() {
    Thread thread = factory.newThread(this::run);
    try {
      thread.start();
      threads.add(thread);
    } catch (OutOfMemoryError e) { // no more threads: those there are come when they have ended
      called = false;
      if (threads.isEmpty()) {
        throw e;
      }
    }
  }

  private void run() {
    arrive();
    for (Runnable task = next(); task != null; task = next()) {
      try {
        task.run();
      } catch (Throwable e) {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
      Thread.interrupted(); // it was for that task
    }
  }

  private void arrive() {
    lock.lock();
    try {
      called = false;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      boolean rested = true;
      while (tasks.isEmpty()) {
        if (closed || !rested) {
          threads.remove(Thread.currentThread());
          return null;
        }
        rested = rest();
      }
      Runnable task = tasks.remove();
      call();
      return task;
    } finally {
      lock.unlock();
    }
  }

  /** {@return false when nobody called for a long time} */
  @SuppressWarnings("WaitNotInLoop") // the loop is next()'s
  private boolean rest() {
    resting++;
    try {
      return work.awaitNanos(REST.toNanos()) > 0;
    } catch (InterruptedException e) {
      return true; // it was to end, and is seen so
    } finally {
      resting--;
      called = false;
    }
  }

  /** Takes nothing more; what was given is done. */
  void end() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits and interrupts what is under way. */
  void endNow() {
    lock.lock();
    try {
      closed = true;
      tasks.clear();
      work.signalAll();
      threads.forEach(Thread::interrupt);
    } finally {
      lock.unlock();
    }
  }
}
