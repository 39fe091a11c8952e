package io.vmstore.local;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.StorageControllerContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class LocalStorageControllerContractTest extends StorageControllerContract {
  @TempDir Path directory;

  @Override
  protected Cluster start() {
    return Cluster.local(new RoleStorage(directory));
  }
}
