package io.vmstore.iscsi;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/** Does one thing for several paths at once, so that a silent portal costs its time only once. */
final class Together {
  private Together() {}

  /**
   * Returns when it is done for all. An interrupt is passed on to those that still run, and is set
   * again.
   *
   * @throws RuntimeException what the first that failed threw, with the others suppressed
   */
  static <T> void forEach(Collection<T> items, Consumer<T> action) {
    if (items.size() == 1) {
      items.forEach(action);
      return;
    }
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (T item : items) {
      FutureTask<Boolean> task = new FutureTask<>(() -> action.accept(item), true);
      Thread thread = new Thread(task, "vmstore-iscsi " + item);
      thread.setDaemon(true);
      tasks.add(task);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
    awaitAll(tasks, threads);
  }

  private static void awaitAll(List<FutureTask<Boolean>> tasks, List<Thread> threads) {
    List<RuntimeException> failures = new ArrayList<>();
    boolean interrupted = false;
    for (FutureTask<Boolean> task : tasks) {
      boolean ended = false;
      while (!ended) {
        try {
          task.get();
          ended = true;
        } catch (InterruptedException e) {
          interrupted = true;
          threads.forEach(Thread::interrupt);
        } catch (ExecutionException e) {
          ended = true;
          failures.add(
              e.getCause() instanceof RuntimeException known
                  ? known
                  : new IllegalStateException("a path's thread ended", e.getCause()));
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!failures.isEmpty()) {
      RuntimeException first = failures.remove(0);
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }
}
