package io.vmstore.testkit.roles;

import io.vmstore.core.SystemScheduler;
import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasModelContract;
import org.junit.jupiter.api.AfterAll;

final class RemoteNasModelTest extends NasModelContract {
  private static final SystemScheduler SCHEDULER = SystemScheduler.create("testkit");

  @Override
  protected Cluster start() {
    return MemoryClusters.remote(SCHEDULER);
  }

  @AfterAll
  static void endThreads() {
    SCHEDULER.close();
  }
}
