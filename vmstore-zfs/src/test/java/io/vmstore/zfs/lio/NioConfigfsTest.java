package io.vmstore.zfs.lio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class NioConfigfsTest {
  private final NioConfigfs configfs = new NioConfigfs();
  @TempDir Path folder;

  @Test
  void writeShouldNeitherMakeNorTruncateAFile() throws IOException {
    Path file = folder.resolve("enable");
    assertThatThrownBy(() -> configfs.write(file, "1")).isInstanceOf(NoSuchFileException.class);
    Files.writeString(file, "0\n");
    configfs.write(file, "1");
    assertThat(file).content().isEqualTo("1\n");
    assertThat(configfs.read(file)).isEqualTo("1");
  }

  @Test
  void writeShouldBeDoneOnAnInterruptedThread() throws IOException {
    Path file = Files.writeString(folder.resolve("enable"), "1\n");
    Thread.currentThread().interrupt();
    try {
      configfs.write(file, "0");
      assertThat(configfs.read(file)).isEqualTo("0");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  @EnabledIf("hasFullDevice")
  void writeShouldTellTheKernelsReason() {
    assertThatThrownBy(() -> configfs.write(Path.of("/dev/full"), "1"))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            refusal -> {
              assertThat(refusal.getFile()).isEqualTo("/dev/full");
              assertThat(KernelErrors.reason(refusal)).isEqualTo("No space left on device");
            });
  }

  static boolean hasFullDevice() {
    return Files.isWritable(Path.of("/dev/full"));
  }

  @Test
  void directoriesAndLinksShouldTellThemFromFilesAndBeEmptyWhenAbsent() throws IOException {
    Files.writeString(folder.resolve("lio_version"), "4.1");
    Path directory = folder.resolve("b");
    configfs.makeDirectory(directory);
    configfs.link(folder.resolve("a"), directory);
    assertThat(configfs.directories(folder)).containsExactly(directory);
    assertThat(configfs.links(folder)).containsExactly(folder.resolve("a"));
    assertThat(configfs.directories(folder.resolve("absent"))).isEmpty();
    assertThat(configfs.links(folder.resolve("absent"))).isEmpty();
  }

  @Test
  void makingTwiceShouldFailAndRemovingTwiceShouldNot() throws IOException {
    Path directory = folder.resolve("tpgt_1");
    configfs.makeDirectory(directory);
    assertThatThrownBy(() -> configfs.makeDirectory(directory))
        .isInstanceOf(FileAlreadyExistsException.class);
    Files.createDirectory(directory.resolve("acls"));
    assertThatThrownBy(() -> configfs.removeDirectory(directory))
        .isInstanceOf(DirectoryNotEmptyException.class);
    configfs.removeDirectory(directory.resolve("acls"));
    configfs.removeDirectory(directory);
    configfs.removeDirectory(directory);
    configfs.unlink(directory);
    assertThat(configfs.exists(directory)).isFalse();
  }
}
