package io.vmstore.testkit.roles;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasFailureContract;

final class LocalNasFailureTest extends NasFailureContract {
  @Override
  protected Cluster start() {
    return MemoryClusters.local();
  }
}
