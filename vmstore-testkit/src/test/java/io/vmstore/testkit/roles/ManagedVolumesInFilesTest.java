package io.vmstore.testkit.roles;

import io.vmstore.core.state.FileStateStore;
import io.vmstore.spi.StateStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class ManagedVolumesInFilesTest extends ManagedVolumesTests {
  @TempDir Path folder;

  @Override
  boolean multipath() {
    return false;
  }

  @Override
  protected StateStore store() {
    return FileStateStore.open(folder);
  }
}
