package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A claim of a block device needs root; a plain file shows that the calls are made right. */
class PosixDeviceClaimsTest {
  @TempDir private Path directory;

  @Test
  void claimShouldOpenFlushAndClose() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    Optional<DeviceClaims.Claim> claim = new PosixDeviceClaims().claim(file);
    assertThat(claim).isPresent();
    claim.get().flush();
    claim.get().close();
    assertThatThrownBy(claim.get()::flush).isInstanceOf(FileSystemException.class);
  }

  @Test
  void claimShouldSayWhatTheKernelSays() {
    Path absent = directory.resolve("absent");
    assertThatThrownBy(() -> new PosixDeviceClaims().claim(absent))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("absent")
        .hasMessageContaining("No such file");
    assertThat(absent).doesNotExist();
  }
}
