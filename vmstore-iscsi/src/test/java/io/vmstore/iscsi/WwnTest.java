package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WwnTest {
  @TempDir Path root;

  private String wwn(String wwid) throws IOException {
    Path device = Files.createDirectories(root.resolve("device"));
    Files.writeString(device.resolve("wwid"), wwid + "\n");
    Sysfs sysfs = new Sysfs(root, (attribute, value) -> {});
    return sysfs.wwn(new Sysfs.Disk(device, "sda")).orElse("");
  }

  @ParameterizedTest
  @CsvSource({
    "naa.6001405aaaaaaa1bbbbccccddddeeeee, 36001405aaaaaaa1bbbbccccddddeeeee",
    "eui.00a0980000000001, 200a0980000000001",
    "t10.ATA     QEMU  1, 1ATA_QEMU_1",
    "name.iqn.2009-01.com.array, 8iqn.2009-01.com.array",
  })
  void nameShouldBeInMultipathsForm(String wwid, String wwn) throws IOException {
    assertThat(wwn(wwid)).isEqualTo(wwn);
  }

  @Test
  void nameShouldBeAbsentWhenTheDiskGivesNone() throws IOException {
    assertThat(wwn("")).isEmpty();
    assertThat(wwn("sd0001")).isEmpty();
    Files.delete(root.resolve("device/wwid"));
    assertThat(new Sysfs(root, (a, v) -> {}).wwn(new Sysfs.Disk(root.resolve("device"), "sda")))
        .isEmpty();
  }
}
