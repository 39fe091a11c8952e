package io.vmstore.iscsi;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** With several paths, which multipathd joins. */
class OpenIscsiMultipathVolumesTest extends OpenIscsiVolumeConnectorTests {
  OpenIscsiMultipathVolumesTest(@TempDir Path directory) throws IOException {
    super(directory);
  }

  @Override
  protected boolean multipath() {
    return true;
  }
}
