package io.vmstore.testkit.roles;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.StorageControllerContract;
import io.vmstore.testkit.memory.ThreadScheduler;
import org.junit.jupiter.api.AfterAll;

final class RemoteStorageControllerTest extends StorageControllerContract {
  private static final ThreadScheduler SCHEDULER = new ThreadScheduler();

  @Override
  protected Cluster start() {
    return MemoryClusters.remote(SCHEDULER);
  }

  @AfterAll
  static void endThreads() {
    SCHEDULER.close();
  }
}
