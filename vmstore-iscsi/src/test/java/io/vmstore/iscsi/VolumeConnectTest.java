package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static io.vmstore.iscsi.Failures.assertUndone;
import static io.vmstore.iscsi.Failures.soon;
import static io.vmstore.iscsi.VolumeFixture.FIRST;
import static io.vmstore.iscsi.VolumeFixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.OpenIscsiVolumeConfig.Multipathing;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.model.Deadline;
import io.vmstore.spi.VolumeConnector.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract does not see: the programs, and their failures. */
class VolumeConnectTest {
  private final VolumeFixture fixture;
  private final SimulatedHost host;

  VolumeConnectTest(@TempDir Path directory) throws IOException {
    fixture = new VolumeFixture(directory);
    host = fixture.host;
  }

  @Test
  void connectShouldScanForItsLunAloneOnEachPath() {
    IscsiConnection connection = fixture.disk("array");
    fixture.disk("array", 2, "other", FIRST, SECOND);
    List<String> effects = fixture.effectsOf(() -> fixture.connect("vol1", connection));
    assertThat(effects).filteredOn(effect -> effect.startsWith("scan")).hasSize(2);
    assertThat(effects).filteredOn("scan 0 0 1"::equals).hasSize(2);
    assertThat(effects).filteredOn("iscsiadm --login"::equals).hasSize(2);
  }

  @Test
  void connectShouldWaitUntilTheKernelHasMadeADiskOfWhatItFound() {
    IscsiConnection connection = fixture.disk("array");
    Executor later = CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS);
    host.sysfs().probing(later::execute);
    assertThat(fixture.connect("vol1", connection).attachment().multipathId()).isNotNull();
  }

  @Test
  void connectAgainShouldChangeNothing() {
    IscsiConnection connection = fixture.disk("array");
    fixture.connect("vol1", connection);
    assertThat(fixture.effectsOf(() -> fixture.connect("vol1", connection))).isEmpty();
  }

  @Test
  void connectShouldUseTheSessionOfAnotherVolume() {
    fixture.connect("vol1", fixture.disk("array"));
    IscsiConnection second = fixture.disk("array", 2, "other", FIRST, SECOND);
    assertThat(fixture.effectsOf(() -> fixture.connect("vol2", second)))
        .noneMatch(effect -> effect.startsWith("iscsiadm"));
  }

  @Test
  void connectShouldFinishWhatAKillHasLeft() {
    IscsiConnection connection = fixture.disk("array");
    host.onCommand(6, SimulatedHost.exit(99)); // multipath -a
    host.failEffect("delete"); // nothing is undone, as by a kill
    host.onCommand(7, SimulatedHost.exit(99));
    host.onCommand(8, SimulatedHost.exit(99));
    assertThat(assertFails(ErrorCode.INTERNAL, () -> fixture.connect("vol1", connection)))
        .extracting(VmStoreException::outcomeUnknown)
        .isEqualTo(true);
    assertThat(fixture.connect("vol1", connection).attachment().multipathId()).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void connectShouldTakeEverythingBackWhenAProgramFails(int which) {
    IscsiConnection connection = fixture.disk("array", 1, "disk", FIRST);
    host.onCommand(which, SimulatedHost.exit(99));
    assertUndone(host, ErrorCode.INTERNAL, () -> fixture.connect("vol1", connection));
  }

  @Test
  void connectShouldTakeTheMultipathDeviceBackToo() {
    IscsiConnection readOnly = readOnly(fixture.disk("array", 1, "disk", FIRST));
    host.onCommand(7, SimulatedHost.exit(99)); // blockdev on the multipath device
    assertUndone(host, ErrorCode.INTERNAL, () -> fixture.connect("vol1", readOnly));
  }

  private static IscsiConnection readOnly(IscsiConnection like) {
    return new IscsiConnection(
        like.paths(), null, AccessMode.READ_ONLY, null, false, null, Map.of(), Map.of());
  }

  @Test
  void connectShouldForbidWritesOnEveryPathBeforeTheyAreJoined() {
    IscsiConnection connection = readOnly(fixture.disk("array"));
    List<String> effects = fixture.effectsOf(() -> fixture.connect("vol1", connection));
    assertThat(effects).filteredOn(effect -> effect.startsWith("blockdev --setro")).hasSize(3);
    assertThat(effects.get(effects.size() - 1)).startsWith("blockdev --setro").endsWith("dm-0");
  }

  @Test
  void connectShouldLeaveNothingWhenMultipathdDoesNotTakeTheDisk() {
    IscsiConnection connection = fixture.disk("array", 1, "disk", FIRST);
    host.multipath().blacklist.add(VolumeFixture.wwnOf("disk"));
    // A quarter is for undoing, which must suffice on a busy machine.
    Deadline deadline = Deadline.after(Duration.ofSeconds(4));
    VmStoreException failure =
        assertUndone(
            host,
            ErrorCode.DEADLINE_EXCEEDED,
            () -> fixture.connector.connect("vol1", connection, null, deadline));
    assertThat(failure.reason()).contains("multipathd has not joined [sda]");
  }

  @Test
  void connectShouldRefuseAForeignPathInItsMultipathDevice() {
    Device other = fixture.connect("vol2", fixture.disk("other", 1, "other", FIRST));
    IscsiConnection connection = fixture.disk("array", 1, "disk", FIRST);
    host.multipath().mistaken.put("sdb", VolumeFixture.mapped(other));
    VmStoreException failure =
        assertFails(ErrorCode.FAILED_PRECONDITION, () -> fixture.connect("vol1", connection));
    assertThat(failure.reason()).contains("[sda]");
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(host.multipath().paths(VolumeFixture.mapped(other))).containsExactly("sda");
  }

  @Test
  void connectShouldKeepAVolumePlainThatWasConnectedWithoutMultipathd() {
    host.multipath().running = false;
    IscsiConnection connection = fixture.disk("array");
    Device device = fixture.connect("vol1", connection);
    assertThat(device.attachment().multipathId()).isNull();
    host.multipath().running = true;
    assertThat(fixture.connect("vol1", connection)).isEqualTo(device);
  }

  @Test
  void connectShouldKeepTheMultipathDeviceWhenMultipathdWasStopped() {
    IscsiConnection connection = fixture.disk("array");
    Device device = fixture.connect("vol1", connection);
    host.multipath().running = false;
    assertThat(fixture.connect("vol1", connection)).isEqualTo(device);
  }

  @Test
  void connectShouldRemoveALinkOfAnEarlierLifeEvenWhenItFails() {
    host.multipath().running = false;
    IscsiConnection connection = fixture.disk("array");
    Device device = fixture.connect("vol1", connection);
    host.logOutByHand(SimulatedHost.iqn("array"), device.path().toPath());
    host.unexport(SimulatedHost.iqn("array"));
    assertFails(ErrorCode.NOT_FOUND, () -> fixture.connect("vol1", connection));
    assertThat(device.path().toPath()).doesNotExist();
  }

  @Test
  void connectShouldRefuseWhatIsEnforcedAndNotRunning() {
    host.multipath().running = false;
    IscsiConnection connection = fixture.disk("array");
    assertUndone(
        host,
        ErrorCode.FAILED_PRECONDITION,
        () ->
            host.volumeConnector(Multipathing.ENFORCED).connect("vol1", connection, null, soon()));
    assertFails(
        ErrorCode.FAILED_PRECONDITION,
        () -> host.volumeConnector(Multipathing.ENFORCED).connectorInfo());
  }

  @Test
  void connectShouldPutNoSecretIntoAnArgument() {
    ChapLogin login = new ChapLogin("vm1", "initiators0secret", "array", "targets0own0secret");
    IscsiConnection open = fixture.disk("array");
    IscsiConnection connection =
        new IscsiConnection(
            open.paths(), login, open.access(), null, false, null, Map.of(), Map.of());
    fixture.target("array").login = login;
    fixture.connect("vol1", connection);
    assertThat(host.arguments()).doesNotContain(login.password(), login.targetPassword());
    assertThat(host.record(SimulatedHost.iqn("array"), SECOND))
        .containsEntry("node.session.auth.password", login.password());
  }

  @Test
  void connectShouldForgetTheRecordOfAPathThatWasRefused() {
    IscsiConnection connection = fixture.disk("array");
    host.silence(FIRST);
    fixture.connect("vol1", connection);
    assertThat(host.record(SimulatedHost.iqn("array"), FIRST)).isEmpty();
  }
}
