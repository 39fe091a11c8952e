package io.vmstore.iscsi;

import io.vmstore.spi.WorkerThreads;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * Threads for what nothing can end, so that whoever asked for it keeps its deadline. One that the
 * kernel holds is left behind, and has the name of what it is about; the others are used again.
 */
final class Aside {
  private static final String NAME = "vmstore-iscsi";
  private static final Executor THREADS =
      Executors.newCachedThreadPool(WorkerThreads.daemons(NAME));

  private Aside() {}

  /** {@return what comes of it, which is also whatever it throws} */
  static <T> CompletableFuture<T> call(String what, Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    THREADS.execute(() -> run(what, task, result));
    return result;
  }

  // Whatever goes wrong, whoever waits must hear of it.
  @SuppressWarnings("CatchingUnchecked")
  private static <T> void run(String what, Callable<T> task, CompletableFuture<T> result) {
    Thread thread = Thread.currentThread();
    String name = thread.getName();
    thread.setName(NAME + " " + what);
    try {
      result.complete(task.call());
    } catch (Exception | Error e) {
      result.completeExceptionally(e);
    } finally {
      thread.setName(name);
    }
  }
}
