package io.vmstore.local;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasFailureContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class LocalNasFailureContractTest extends NasFailureContract {
  @TempDir Path directory;

  @Override
  protected Cluster start() {
    return Cluster.local(new RoleStorage(directory));
  }
}
