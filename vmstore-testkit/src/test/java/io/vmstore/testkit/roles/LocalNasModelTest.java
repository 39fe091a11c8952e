package io.vmstore.testkit.roles;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasModelContract;

final class LocalNasModelTest extends NasModelContract {
  @Override
  protected Cluster start() {
    return MemoryClusters.local();
  }
}
