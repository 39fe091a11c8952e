package io.vmstore.iscsi;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Where no multipathd runs. */
class OpenIscsiSinglePathVolumesTest extends OpenIscsiVolumeConnectorTests {
  OpenIscsiSinglePathVolumesTest(@TempDir Path directory) throws IOException {
    super(directory);
  }

  @Override
  protected boolean multipath() {
    return false;
  }
}
