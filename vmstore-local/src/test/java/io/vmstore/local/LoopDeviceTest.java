package io.vmstore.local;

import static io.vmstore.local.Fixture.SIZE;
import static io.vmstore.local.Fixture.idOf;
import static io.vmstore.local.Fixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.DevicePath;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real loop devices; skipped where the machine gives none. */
final class LoopDeviceTest {
  private final Loops loops = new Loops(new ProcessCommandRunner(), Path.of("/"));

  @TempDir Path directory;
  private Fixture fixture;
  private Zvol zvol;

  @BeforeEach
  void open() throws IOException {
    assumeTrue(machineHasLoopDevices(directory), "this machine gives no loop devices");
    fixture = new Fixture(directory, LoopDevices.AUTO);
    zvol = fixture.create("vol1");
    fixture.export(zvol, "c1");
  }

  static boolean machineHasLoopDevices(Path directory) throws IOException {
    Loops loops = new Loops(new ProcessCommandRunner(), Path.of("/"));
    Path probe = Files.write(directory.resolve("probe"), new byte[4096]);
    try {
      return loops.seemPossible() && loops.detach(loops.attach(probe, soon()), soon());
    } catch (VmStoreException e) {
      return false;
    }
  }

  @AfterEach
  void close() throws IOException {
    if (fixture == null) {
      return;
    }
    fixture.storage.targetExporter().unexport(idOf(zvol), OpenSessions.END, soon());
    assertThat(loops.on(zvol.device().toPath())).isEmpty();
    fixture.close();
  }

  private Path link() {
    return directory.resolve("nodes/c1/devices").resolve(idOf(zvol).toString());
  }

  @Test
  void aConnectedVolumeShouldBeALoopDeviceBehindAStableLink() throws IOException {
    ConnectedDevice device = fixture.connect(zvol, "c1");
    assertThat(device.device().value()).matches("/dev/loop[0-9]+");
    assertThat(device.stablePath()).isEqualTo(DevicePath.of(link()));
    assertThat(Files.readSymbolicLink(link())).isEqualTo(device.device().toPath());
    assertThat(device.size()).isEqualTo(SIZE);
    assertThat(loops.on(zvol.device().toPath())).containsExactly(device.device().toPath());
    assertThat(fixture.connect(zvol, "c1")).isEqualTo(device);
    assertThat(fixture.connector("c1").list(soon())).containsExactly(device);
  }

  @Test
  void disconnectShouldFlushAndRemoveTheDevice() throws IOException {
    ConnectedDevice device = fixture.connect(zvol, "c1");
    try (FileChannel disk = Fixture.hold(device.device())) {
      disk.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 4096);
    }
    fixture.disconnect(zvol, "c1");
    assertThat(loops.backingFile(device.device().toPath())).isEmpty();
    assertThat(link()).doesNotExist();
    byte[] bytes = Files.readAllBytes(zvol.device().toPath());
    assertThat(bytes).startsWith(0).hasSize((int) SIZE.bytes());
    assertThat(new byte[] {bytes[4096], bytes[4097], bytes[4098]}).containsExactly(1, 2, 3);
  }

  @Test
  void disconnectShouldBeRefusedWhileTheDeviceIsOpen() throws IOException {
    ConnectedDevice device = fixture.connect(zvol, "c1");
    try (FileChannel open = Fixture.hold(device.device())) {
      assertThat(open.isOpen()).isTrue();
      assertThatThrownBy(() -> fixture.disconnect(zvol, "c1"))
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
      assertThat(fixture.connector("c1").list(soon())).containsExactly(device);
    }
    fixture.disconnect(zvol, "c1");
  }

  @Test
  void aFencedDeviceThatIsStillOpenShouldPreventASecondWriterUntilItIsClosed() throws IOException {
    ConnectedDevice device = fixture.connect(zvol, "c1");
    try (FileChannel open = Fixture.hold(device.device())) {
      assertThat(open.isOpen()).isTrue();
      fixture.storage.targetExporter().unexport(idOf(zvol), OpenSessions.END, soon());
      assertThat(link()).doesNotExist();
      assertThatThrownBy(() -> fixture.export(zvol, "c2"))
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining(device.device().value());
    }
    assertThat(fixture.export(zvol, "c2").volume()).isEqualTo(idOf(zvol));
  }

  @Test
  void connectShouldGoOnWhereACrashLeftTheDeviceWithoutItsLink() throws IOException {
    Path loop = crashBetweenDeviceAndLink();
    assertThat(fixture.connect(zvol, "c1").device()).isEqualTo(DevicePath.of(loop));
    fixture.disconnect(zvol, "c1");
  }

  @Test
  void disconnectShouldRemoveTheDeviceThatACrashLeftWithoutItsLink() throws IOException {
    Path loop = crashBetweenDeviceAndLink();
    fixture.disconnect(zvol, "c1");
    assertThat(loops.backingFile(loop)).isEmpty();
  }

  private Path crashBetweenDeviceAndLink() throws IOException {
    Files.createDirectories(link().resolveSibling(""));
    Files.createSymbolicLink(link(), zvol.device().toPath());
    return loops.attach(zvol.device().toPath(), soon());
  }

  @Test
  void aDeviceNameThatBecameAnothersShouldNotBeTouched() throws IOException {
    Path foreignFile = Files.write(directory.resolve("foreign"), new byte[4096]);
    Path foreign = loops.attach(foreignFile, soon());
    try {
      Files.createDirectories(link().resolveSibling(""));
      Files.createSymbolicLink(link(), foreign); // as a reboot leaves it
      assertThat(fixture.connector("c1").list(soon())).isEmpty();
      assertThat(fixture.connect(zvol, "c1").device()).isNotEqualTo(DevicePath.of(foreign));
      fixture.disconnect(zvol, "c1");
      assertThat(loops.backingFile(foreign)).contains(foreignFile);
    } finally {
      assertThat(loops.detach(foreign, soon())).isTrue();
    }
  }

  @Test
  void aFileSystemOnTheDeviceShouldBeNamedAsHolderAndOutliveTheConnection(@TempDir Path mountPoint)
      throws IOException {
    DevicePath device = fixture.connect(zvol, "c1").device();
    run("mkfs.ext4", "-q", "-O", "^has_journal", device.value());
    run("mount", device.value(), mountPoint.toString());
    try {
      Files.writeString(mountPoint.resolve("greeting"), "hello");
      assertThatThrownBy(() -> fixture.disconnect(zvol, "c1"))
          .hasMessageContaining("mounted at " + mountPoint);
    } finally {
      run("umount", mountPoint.toString());
    }
    fixture.disconnect(zvol, "c1");
    run("mount", fixture.connect(zvol, "c1").device().value(), mountPoint.toString());
    assertThat(mountPoint.resolve("greeting")).hasContent("hello");
    run("umount", mountPoint.toString());
  }

  private static void run(String... command) {
    assertThat(new ProcessCommandRunner().run(Command.of(command), soon()).errors()).isEmpty();
  }
}
