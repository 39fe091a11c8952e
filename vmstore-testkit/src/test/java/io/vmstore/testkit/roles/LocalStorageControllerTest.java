package io.vmstore.testkit.roles;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.StorageControllerContract;

final class LocalStorageControllerTest extends StorageControllerContract {
  @Override
  protected Cluster start() {
    return MemoryClusters.local();
  }
}
