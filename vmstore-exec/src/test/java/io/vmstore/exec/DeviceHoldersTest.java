package io.vmstore.exec;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.vmstore.model.DevicePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceHoldersTest {
  @TempDir Path root;
  private DevicePath device = new DevicePath("/unset");
  private Path node = Path.of("/unset");

  @BeforeEach
  void aDeviceWithALinkToIt() throws IOException {
    Path real = root.toRealPath();
    node = file("dev/zd16", "").toRealPath();
    Path link = real.resolve("dev/zvol/tank/v1");
    Files.createDirectories(link.getParent());
    device = DevicePath.of(Files.createSymbolicLink(link, node));
    file("sys/class/block/zd16/dev", "230:16\n");
    file("sys/class/block/zd16/zd16p1/partition", "1\n");
    file("sys/class/block/zd16p1/dev", "230:17\n");
  }

  @Test
  void ofShouldBeEmptyWhenNobodyHoldsTheDevice() throws IOException {
    process(1, "init", root.resolve("dev/zd160"));
    file("proc/self/mountinfo", "36 35 230:160 / /other rw - ext4 /dev/zd160 rw\n");
    file("proc/swaps", "Filename Type Size\n" + node + "0 partition 1\n");
    assertThat(holders()).isEmpty();
  }

  @Test
  void ofShouldNameTheProcessThatHasItOpen() throws IOException {
    process(4711, "qemu-system-x86", node);
    assertThat(holders()).containsExactly("qemu-system-x86 (pid 4711)");
  }

  @Test
  void suspectsShouldBeThoseKnownWhenEveryProcessIsSeen() throws IOException {
    process(4711, "qemu-system-x86", node);
    assertThat(new DeviceHolders(root.resolve("proc"), root.resolve("sys")).suspects(device))
        .containsExactly("qemu-system-x86 (pid 4711)");
  }

  @Test
  void suspectsShouldSayThatAProcessCannotBeLookedInto() throws IOException {
    file("proc/4711/fd", "a folder that cannot be listed");
    assertThat(new DeviceHolders(root.resolve("proc"), root.resolve("sys")).suspects(device))
        .singleElement(as(STRING))
        .startsWith("unknown: the open files of 1 processes cannot be seen");
  }

  @Test
  void suspectsShouldSayThatProcessesCannotBeListed() throws IOException {
    file("proc", "a folder that cannot be listed");
    assertThat(new DeviceHolders(root.resolve("proc"), root.resolve("sys")).suspects(device))
        .hasSize(1);
  }

  @Test
  void ofShouldNameTheProcessThatHasAPartitionOpen() throws IOException {
    process(5, "fsck", node.resolveSibling("zd16p1"));
    assertThat(holders()).containsExactly("fsck (pid 5)");
  }

  @Test
  void ofShouldNameTheMountByDeviceNumberOfAPartition() throws IOException {
    file("proc/self/mountinfo", "36 35 230:17 / /mnt/a rw master:1 - ext4 /dev/whatever rw\n");
    assertThat(holders()).containsExactly("mounted at /mnt/a");
  }

  @Test
  void ofShouldNameTheMountOfAFileSystemWithNumbersOfItsOwn() throws IOException {
    file("proc/self/mountinfo", "36 35 0:44 / /mnt/b rw - btrfs " + node + " rw\n");
    assertThat(holders()).containsExactly("mounted at /mnt/b");
  }

  @Test
  void ofShouldNameSwapAndStackedDevices() throws IOException {
    file("proc/swaps", "Filename\tType\n" + node + " partition\t1\n");
    file("sys/class/block/zd16/holders/dm-3", "");
    file("sys/class/block/zd16/holders/md0", "");
    assertThat(holders()).containsExactly("used as swap", "held by dm-3", "held by md0");
  }

  @Test
  void ofShouldNameTheBackstoreThatExportsIt() throws IOException {
    file("sys/kernel/config/target/core/iblock_0/disk1/udev_path", device + "\n");
    file("sys/kernel/config/target/core/iblock_1/disk2/udev_path", device + "0\n");
    assertThat(holders()).containsExactly("LIO backstore iblock_0/disk1");
  }

  @Test
  void ofShouldNameThisProcessOnTheRealMachine() throws IOException {
    Path held = file("held", "");
    try (var open = Files.newByteChannel(held)) {
      assertThat(open.isOpen()).isTrue();
      assertThat(new DeviceHolders().of(DevicePath.of(held)))
          .anyMatch(holder -> holder.endsWith("(pid " + ProcessHandle.current().pid() + ")"));
    }
  }

  private Iterable<String> holders() {
    return new DeviceHolders(root.resolve("proc"), root.resolve("sys")).of(device);
  }

  private void process(int pid, String name, Path open) throws IOException {
    file("proc/" + pid + "/comm", name + "\n");
    Path descriptors = Files.createDirectories(root.resolve("proc/" + pid + "/fd"));
    Files.writeString(descriptors.resolve("0"), "not a link");
    Files.createSymbolicLink(descriptors.resolve("7"), open);
  }

  private Path file(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
