package io.vmstore.local;

import static io.vmstore.local.Fixture.idOf;
import static io.vmstore.local.Fixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalTargetConnectorTest {
  @TempDir Path directory;
  private Fixture fixture;
  private Zvol zvol;

  @BeforeEach
  void open() {
    fixture = new Fixture(directory);
    zvol = fixture.create("vol1");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void nodesShouldNeverShareAnInitiator() {
    Stream<String> names = Stream.of("c1", "C1", "c_1", "c-1", "c.1", "c5f1");
    assertThat(names.map(name -> fixture.connector(name).initiator())).doesNotHaveDuplicates();
    String longest = "Z".repeat(63);
    Iqn initiator = fixture.connector(longest).initiator();
    assertThat(initiator.value()).endsWith(":5a".repeat(63));
  }

  @Test
  void aPlainPathShouldBeALinkInTheNodesOwnFolder() throws IOException {
    fixture.export(zvol, "c1");
    ConnectedDevice device = fixture.connect(zvol, "c1");
    Path expected = directory.resolve("nodes/c1/devices").resolve(idOf(zvol).toString());
    assertThat(device.stablePath()).isEqualTo(DevicePath.of(expected));
    assertThat(device.device()).isEqualTo(device.stablePath());
    assertThat(expected.toRealPath()).isEqualTo(zvol.device().toPath());
  }

  @Test
  void aNodeThatIsNotAdmittedShouldBeToldWhoIs() {
    fixture.export(zvol, "c1");
    assertThatThrownBy(() -> fixture.connect(zvol, "c10"))
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining(fixture.connector("c1").initiator() + "'");
    assertThat(directory.resolve("nodes/c10/devices").resolve(idOf(zvol).toString()))
        .doesNotExist();
  }

  @Test
  void bytesShouldGoFromNodeToNode() throws IOException {
    byte[] bytes = new byte[256 * 1024];
    Arrays.fill(bytes, (byte) 0x5a);
    fixture.export(zvol, "c1");
    try (FileChannel disk = Fixture.hold(fixture.connect(zvol, "c1").stablePath())) {
      disk.write(ByteBuffer.wrap(bytes), Fixture.SIZE.bytes() - bytes.length);
    }
    fixture.disconnect(zvol, "c1");
    fixture.storage.targetExporter().unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    fixture.export(zvol, "c2");
    byte[] found = Files.readAllBytes(fixture.connect(zvol, "c2").stablePath().toPath());
    assertThat(Arrays.copyOfRange(found, found.length - bytes.length, found.length))
        .isEqualTo(bytes);
    assertThat(found).hasSize((int) Fixture.SIZE.bytes());
  }

  @Test
  void disconnectOnAnotherNodeShouldLeaveTheConnectionAlone() {
    fixture.export(zvol, "c1");
    ConnectedDevice device = fixture.connect(zvol, "c1");
    fixture.disconnect(zvol, "c2");
    assertThat(fixture.connector("c1").list(soon())).containsExactly(device);
  }

  @Test
  void disconnectShouldBeRefusedWhileAProcessHasTheFileOpen() throws IOException {
    fixture.export(zvol, "c1");
    ConnectedDevice device = fixture.connect(zvol, "c1");
    try (FileChannel open = Fixture.hold(device.stablePath())) {
      assertThat(open.isOpen()).isTrue();
      assertThatThrownBy(() -> fixture.disconnect(zvol, "c1"))
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
    }
    assertThat(fixture.connector("c1").list(soon())).containsExactly(device);
  }

  @Test
  void anotherVolumeInThePlaceOfTheExportedOneShouldNotBeHandedOver() throws IOException {
    Zvol other = fixture.create("vol2");
    fixture.export(zvol, "c1");
    Files.delete(zvol.device().toPath());
    Files.move(
        fixture.folder(other.name()).resolve("identity"),
        fixture.folder(zvol.name()).resolve("identity"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.move(other.device().toPath(), zvol.device().toPath());
    assertThatThrownBy(() -> fixture.connect(zvol, "c1"))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining(idOf(other).toString());
    assertThat(fixture.connector("c1").list(soon())).isEmpty();
  }

  @Test
  void anotherProcessOfTheNodeShouldSeeAndEndTheConnection() {
    fixture.export(zvol, "c1");
    ConnectedDevice device = fixture.connect(zvol, "c1");
    try (Fixture other = new Fixture(directory)) {
      assertThat(other.connector("c1").list(soon())).containsExactly(device);
      assertThat(other.connect(zvol, "c1")).isEqualTo(device);
      other.disconnect(zvol, "c1");
    }
    assertThat(fixture.connector("c1").list(soon())).isEmpty();
  }

  @Test
  void portsOfAClosedStorageShouldBeUnavailable() {
    fixture.close();
    assertThatThrownBy(() -> fixture.connect(zvol, "c1")).hasMessageContaining("UNAVAILABLE");
    assertThatThrownBy(() -> fixture.create("vol2")).hasMessageContaining("UNAVAILABLE");
    assertThatThrownBy(() -> fixture.connector("c1").initiator())
        .hasMessageContaining("UNAVAILABLE");
    fixture.close();
  }
}
