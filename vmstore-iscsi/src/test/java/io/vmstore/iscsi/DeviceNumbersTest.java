package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceNumbersTest {
  @Test
  void byStatShouldKnowNoPlainFile(@TempDir Path directory) throws IOException {
    assertThat(DeviceNumbers.byStat(Files.createFile(directory.resolve("sda")))).isEmpty();
    assertThat(DeviceNumbers.byStat(Path.of("/dev/null"))).isEmpty();
  }

  @Test
  void byStatShouldAgreeWithSysfs() throws IOException {
    int compared = 0;
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(Path.of("/sys/class/block"))) {
      for (Path device : devices) {
        Path node = Path.of("/dev").resolve(device.getFileName());
        if (Files.exists(node)) {
          String number = Files.readString(device.resolve("dev")).strip();
          assertThat(DeviceNumbers.byStat(node)).contains(number);
          compared++;
        }
      }
    }
    assumeThat(compared).as("block devices of this machine").isPositive();
  }
}
