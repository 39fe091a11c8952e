package io.vmstore.testkit.roles;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.ComputeServiceContract;

final class LocalComputeServiceTest extends ComputeServiceContract {
  @Override
  protected Cluster start() {
    return MemoryClusters.local();
  }
}
