package io.vmstore.testkit.roles;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasServiceContract;

final class LocalNasServiceTest extends NasServiceContract {
  @Override
  protected Cluster start() {
    return MemoryClusters.local();
  }
}
