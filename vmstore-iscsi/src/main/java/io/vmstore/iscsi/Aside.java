package io.vmstore.iscsi;

import io.vmstore.spi.WorkerThreads;
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

  static void run(String what, Runnable task) {
    THREADS.execute(
        () -> {
          Thread thread = Thread.currentThread();
          String name = thread.getName();
          thread.setName(NAME + " " + what);
          try {
            task.run();
          } finally {
            thread.setName(name);
          }
        });
  }
}
