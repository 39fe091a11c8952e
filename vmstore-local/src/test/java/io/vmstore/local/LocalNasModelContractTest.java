package io.vmstore.local;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasModelContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class LocalNasModelContractTest extends NasModelContract {
  @TempDir Path directory;

  @Override
  protected Cluster start() {
    return Cluster.local(new RoleStorage(directory));
  }
}
