package io.vmstore.local;

import static io.vmstore.local.Fixture.idOf;
import static io.vmstore.local.Fixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.testing.ScriptedCommandRunner;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.DevicePath;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loop devices on a machine that is made of files, with a scripted losetup. */
final class DeviceMakerTest {
  @TempDir Path directory;
  @TempDir Path system;
  private final ScriptedCommandRunner losetup = new ScriptedCommandRunner();

  @BeforeEach
  void makeSystem() throws IOException {
    Files.createDirectories(system.resolve("dev"));
    Files.createFile(system.resolve("dev/loop-control"));
  }

  @AfterEach
  void assertAllRan() {
    losetup.assertAllRan();
  }

  private Fixture storage(LoopDevices use) {
    LocalConfig config = LocalConfig.in(directory, Fixture.TANK).withLoopDevices(use);
    return new Fixture(LocalStorage.open(config, losetup, system), directory);
  }

  private static Zvol exported(Fixture fixture, String name) {
    Zvol zvol = fixture.create(name);
    fixture.export(zvol, "c1");
    return zvol;
  }

  private void expectRefusal(Zvol zvol) {
    losetup.expect(
        1,
        "",
        "losetup: cannot find an unused loop device",
        "losetup",
        "--find",
        "--show",
        zvol.device().value());
  }

  private void expectDevice(Zvol zvol) throws IOException {
    Path sysfs = Files.createDirectories(system.resolve("sys/block/loop0/loop"));
    Command command = Command.of("losetup", "--find", "--show", zvol.device().value());
    Files.writeString(sysfs.resolveSibling("size"), "2048\n");
    losetup.expect("/dev/loop0\n", command.arguments().toArray(String[]::new));
  }

  @Test
  void autoShouldSettleForPlainFilesAtTheFirstRefusal() {
    try (Fixture fixture = storage(LoopDevices.AUTO)) {
      LocalTargetConnector connector = (LocalTargetConnector) fixture.connector("c1");
      for (String name : new String[] {"vol1", "vol2"}) {
        Zvol zvol = exported(fixture, name);
        if (name.equals("vol1")) {
          expectRefusal(zvol);
        }
        DevicePath device =
            connector.connect(Fixture.targetOf(zvol), idOf(zvol), null, soon()).device();
        assertThat(device.toPath()).isSymbolicLink().startsWith(directory);
      }
    }
  }

  @Test
  void autoShouldRunNoProgramWithoutTheControlDevice() throws IOException {
    Files.delete(system.resolve("dev/loop-control"));
    try (Fixture fixture = storage(LoopDevices.AUTO)) {
      Zvol zvol = exported(fixture, "vol1");
      assertThat(fixture.connect(zvol, "c1").device().toPath()).startsWith(directory);
    }
  }

  @Test
  void autoShouldNotSettleForPlainFilesOnceItMadeADevice() throws IOException {
    try (Fixture fixture = storage(LoopDevices.AUTO)) {
      LocalTargetConnector connector = (LocalTargetConnector) fixture.connector("c1");
      Zvol first = exported(fixture, "vol1");
      Zvol second = exported(fixture, "vol2");
      expectDevice(first);
      expectRefusal(second);
      connector.connect(Fixture.targetOf(first), idOf(first), null, soon());
      assertThatThrownBy(
              () -> connector.connect(Fixture.targetOf(second), idOf(second), null, soon()))
          .hasMessageContaining("cannot find an unused loop device");
      assertThat(directory.resolve("nodes/c1/devices").resolve(idOf(second).toString()))
          .doesNotExist();
    }
  }

  @Test
  void alwaysShouldFailAndLeaveNothingWhenTheMachineRefuses() {
    try (Fixture fixture = storage(LoopDevices.ALWAYS)) {
      Zvol zvol = exported(fixture, "vol1");
      expectRefusal(zvol);
      assertThatThrownBy(() -> fixture.connect(zvol, "c1"))
          .hasMessageContaining("UNAVAILABLE")
          .hasMessageContaining("LoopDevices.NEVER");
      assertThat(fixture.connector("c1").list(soon())).isEmpty();
    }
  }

  @Test
  void anUnknownOutcomeShouldKeepTheLinkThatFindsTheDevice() {
    try (Fixture fixture = storage(LoopDevices.AUTO)) {
      Zvol zvol = exported(fixture, "vol1");
      VmStoreException killed =
          VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, "losetup was ended")
              .outcomeUnknown(true)
              .build();
      losetup.expect(
          Command.of("losetup", "--find", "--show", zvol.device().value()),
          () -> {
            throw killed;
          });
      assertThatThrownBy(() -> fixture.connect(zvol, "c1")).isEqualTo(killed);
      assertThat(directory.resolve("nodes/c1/devices").resolve(idOf(zvol).toString()))
          .isSymbolicLink();
    }
  }

  @Test
  void anAnswerThatIsNoDeviceShouldNotBeUsed() {
    try (Fixture fixture = storage(LoopDevices.ALWAYS)) {
      Zvol zvol = exported(fixture, "vol1");
      losetup.expect("/dev/loop0p1\n", "losetup", "--find", "--show", zvol.device().value());
      assertThatThrownBy(() -> fixture.connect(zvol, "c1"))
          .hasMessageContaining("INTERNAL")
          .hasMessageContaining("'/dev/loop0p1'");
    }
  }
}
