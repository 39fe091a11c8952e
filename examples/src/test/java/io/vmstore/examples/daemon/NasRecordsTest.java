package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.testing.ScriptedCommandRunner;
import io.vmstore.model.PoolName;
import io.vmstore.zfs.ZfsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NasRecordsTest {
  private static final ZfsConfig TANK = ZfsConfig.of(Set.of(new PoolName("tank")));

  @TempDir Path folder;

  @Test
  void recordsInFilesShouldNotBeForgottenForPools() throws IOException {
    Path record = Files.writeString(folder.resolve("tank@v1.record"), "");

    VmStoreException failure = catchThrowableOfType(VmStoreException.class, () -> inPools(folder));

    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failure)
        .hasMessageContaining(record.toString())
        .hasMessageContaining("state.storage = files");
  }

  @Test
  void nothingShouldBeOpenedBeforeAPoolIsThere() {
    inPools(folder.resolve("absent")); // a program run would fail the test
    assertThat(folder.resolve("absent")).doesNotExist();
  }

  private static void inPools(Path directory) {
    new NasRecords(directory, new Resources()).inPools(TANK, new ScriptedCommandRunner());
  }
}
