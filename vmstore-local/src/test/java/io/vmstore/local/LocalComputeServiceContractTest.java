package io.vmstore.local;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.ComputeServiceContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class LocalComputeServiceContractTest extends ComputeServiceContract {
  @TempDir Path directory;

  @Override
  protected Cluster start() {
    return Cluster.local(new RoleStorage(directory));
  }
}
