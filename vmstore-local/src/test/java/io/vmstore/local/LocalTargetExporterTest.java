package io.vmstore.local;

import static io.vmstore.local.Fixture.idOf;
import static io.vmstore.local.Fixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LocalTargetExporterTest {
  @TempDir Path directory;
  private Fixture fixture;
  private TargetExporter exporter;
  private Zvol zvol;

  @BeforeEach
  void open() {
    fixture = new Fixture(directory);
    exporter = fixture.storage.targetExporter();
    zvol = fixture.create("vol1");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void fence() {
    exporter.unexport(idOf(zvol), OpenSessions.END, soon());
  }

  @Test
  void fencingShouldTakeThePathAwayFromTheNode() {
    fixture.export(zvol, "c1");
    ConnectedDevice device = fixture.connect(zvol, "c1");
    fence();
    assertThat(Files.exists(device.stablePath().toPath())).isFalse();
    assertThat(fixture.connector("c1").list(soon())).isEmpty();
    assertThatThrownBy(() -> fixture.connect(zvol, "c1")).hasMessageContaining("NOT_FOUND");
  }

  @Test
  void aFencedProcessThatStillHasTheFileOpenShouldPreventASecondWriter() throws IOException {
    fixture.export(zvol, "c1");
    ConnectedDevice device = fixture.connect(zvol, "c1");
    try (FileChannel open = Fixture.hold(device.stablePath())) {
      fence();
      assertThat(open.isOpen()).isTrue();
      assertThatThrownBy(() -> fixture.export(zvol, "c2"))
          .isInstanceOf(VmStoreException.class)
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
      assertThat(exporter.list(soon())).isEmpty();
    }
    assertThat(fixture.export(zvol, "c2").volume()).isEqualTo(idOf(zvol));
  }

  @Test
  void fencingAHalfFencedVolumeShouldGoOn() throws IOException {
    fixture.export(zvol, "c1");
    fixture.connect(zvol, "c1");
    Files.delete(directory.resolve("targets").resolve(idOf(zvol).toString()));
    fence();
    assertThat(fixture.connector("c1").list(soon())).isEmpty();
  }

  @Test
  void aSessionOfAnEarlierMappingShouldHaveNoPartInALaterOne() throws IOException {
    fixture.export(zvol, "c1");
    Path link = fixture.connect(zvol, "c1").stablePath().toPath();
    Files.delete(directory.resolve("targets").resolve(idOf(zvol).toString()));
    Export later = fixture.export(zvol, Fixture.GENERATION + 1, "c1");
    assertThat(later.sessions()).isEmpty();
    assertThat(Files.isSymbolicLink(link)).isFalse();
    assertThat(fixture.connector("c1").list(soon())).isEmpty();
    assertThatThrownBy(() -> fixture.connect(zvol, "c1")).hasMessageContaining("NOT_FOUND");
  }

  @Test
  void aLateDisconnectOfAnEarlierMappingShouldLeaveTheLaterOneAlone() {
    Export later = fixture.export(zvol, Fixture.GENERATION + 1, "c1");
    ConnectedDevice device =
        fixture.connector("c1").connect(later.target(), idOf(zvol), null, soon());
    fixture.disconnect(zvol, "c1");
    assertThat(fixture.connector("c1").list(soon())).containsExactly(device);
    assertThat(device.target()).isEqualTo(later.target());
  }

  @Test
  void aDeadLinkShouldBeNoSessionAndBeRemoved() throws IOException {
    Export export = fixture.export(zvol, "c1");
    Path link = fixture.connect(zvol, "c1").stablePath().toPath();
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("/dev/loop4711")); // a reboot took the loop device
    assertThat(exporter.list(soon()))
        .containsExactly(export)
        .first()
        .matches(e -> e.sessions().isEmpty());
    exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon());
    assertThat(Files.isSymbolicLink(link)).isFalse();
  }

  @Test
  void endingAnExportShouldRemoveWhatCrashesLeftOfMakingIt() throws IOException {
    fixture.export(zvol, "c1");
    fixture.connect(zvol, "c1");
    String name = "." + idOf(zvol) + ".new";
    Path grant = Files.writeString(directory.resolve("targets").resolve(name), "zvol=");
    Path link = directory.resolve("nodes/c1/devices").resolve(name);
    Files.createSymbolicLink(link, Path.of("/dev/null"));
    fence();
    assertThat(grant).doesNotExist();
    assertThat(Files.isSymbolicLink(link)).isFalse();
  }

  @Test
  void anotherProcessShouldSeeTheExportAndEndIt() {
    Export export = fixture.export(zvol, "c1");
    try (Fixture other = new Fixture(directory)) {
      assertThat(other.storage.targetExporter().list(soon())).containsExactly(export);
      ConnectedDevice device = other.connect(zvol, "c1");
      assertThat(exporter.list(soon()).get(0).sessions()).isEqualTo(export.initiators());
      fence();
      assertThat(other.connector("c1").list(soon())).isEmpty();
      assertThat(Files.exists(device.stablePath().toPath())).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "zvol=tank/vol1\n",
        "zvol=tank/vol1\ngeneration=7\n",
        "zvol=tank/vol1\ngeneration=x\ninitiator=iqn.2026-11.example:c1\n"
      })
  void aDamagedGrantShouldBeAnErrorThatNamesTheFile(String text) throws IOException {
    fixture.export(zvol, "c1");
    Path grant = directory.resolve("targets").resolve(idOf(zvol).toString());
    Files.writeString(grant, text);
    assertThatThrownBy(() -> exporter.list(soon()))
        .hasMessageContaining("INTERNAL")
        .hasMessageContaining(grant.toString());
  }

  @Test
  void filesOfOthersShouldBeNeitherShownNorTouched() throws IOException {
    List<Path> foreign =
        List.of(
            Files.writeString(directory.resolve("targets/README"), "x"),
            Files.writeString(directory.resolve("targets/." + VolumeId.random() + ".new"), "x"));
    Export export = fixture.export(zvol, "c1");
    assertThat(exporter.list(soon())).containsExactly(export);
    fence();
    assertThat(foreign).allMatch(Files::exists);
  }

  @Test
  void refusingShouldNameTheInitiatorAndTheNode() {
    Export export = fixture.export(zvol, "c1");
    fixture.connect(zvol, "c1");
    assertThatThrownBy(() -> exporter.unexport(idOf(zvol), OpenSessions.REFUSE, soon()))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining(export.initiators().iterator().next().value())
        .hasMessageContaining("[c1]");
    assertThat(exporter.list(soon()).get(0).sessions()).isEqualTo(export.initiators());
    assertThat(Set.copyOf(fixture.connector("c1").list(soon()))).hasSize(1);
  }
}
