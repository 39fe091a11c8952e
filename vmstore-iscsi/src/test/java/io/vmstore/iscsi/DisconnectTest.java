package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static io.vmstore.iscsi.Failures.shortly;
import static io.vmstore.iscsi.Failures.soon;
import static io.vmstore.iscsi.SimulatedHost.PORTAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.SimulatedHost.SimulatedTarget;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract does not see: the order of effects, and devices that do not let go. */
class DisconnectTest {
  private final VolumeId id = VolumeId.random();
  private final Path directory;
  private final SimulatedHost host;
  private final OpenIscsiTargetConnector connector;

  DisconnectTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.host = new SimulatedHost(directory);
    this.connector = host.connector();
  }

  private SimulatedTarget connected() {
    SimulatedTarget exported = host.export("vol1", id);
    connector.connect(exported.target, id, null, soon());
    return exported;
  }

  private void disconnect(SimulatedTarget exported) {
    connector.disconnect(exported.target, id, soon());
  }

  private Path node(String name) {
    return directory.resolve("dev").resolve(name);
  }

  /** Nothing was touched: the device is there, its link too, and no program ran. */
  private void assertAsBefore(List<String> eventsBefore) {
    assertThat(host.programs()).hasSize((int) programs(eventsBefore));
    assertThat(host.events()).doesNotContain("delete 1");
    assertThat(connector.list(soon())).hasSize(1);
    assertThat(directory.resolve("links/" + id)).isSymbolicLink();
  }

  private static long programs(List<String> events) {
    return events.stream().filter(event -> event.startsWith("iscsiadm ")).count();
  }

  @Test
  void disconnectShouldFlushAndHoldTheDiskUntilItIsGoneAndForgetWithoutAProgram() {
    SimulatedTarget exported = connected();
    int before = host.events().size();
    disconnect(exported);
    assertThat(host.events().subList(before, host.events().size()))
        .containsExactly("flush", "iscsiadm --logout", "close");
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectAgainShouldRunOneProgram() {
    SimulatedTarget exported = connected();
    disconnect(exported);
    int before = host.programs().size();
    disconnect(exported);
    assertThat(host.programs()).hasSize(before + 1);
  }

  @Test
  void disconnectShouldRemoveARecordWithoutSession() {
    Target target = new Target(SimulatedHost.iqn("vol1"), List.of(PORTAL));
    new Iscsiadm(host, () -> {})
        .createRecord(TargetName.of(target.iqn()), PORTAL, Attempt.of("cannot test", soon()));
    connector.disconnect(target, id, soon());
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldRemoveASessionWithoutDisk() {
    SimulatedTarget exported = host.export("vol1", id);
    exported.hidden = true;
    host.logInByHand(exported.target.iqn());
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldRemoveALinkWithoutSession() throws IOException {
    Files.createDirectories(directory.resolve("links"));
    Files.createSymbolicLink(directory.resolve("links/" + id), node("sda"));
    connector.disconnect(host.export("vol1", id).target, id, soon());
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldLeaveAnotherDiskAlone() {
    SimulatedTarget exported = host.export("vol1", VolumeId.random());
    host.logInByHand(exported.target.iqn());
    VmStoreException failure =
        assertFails(ErrorCode.FAILED_PRECONDITION, () -> disconnect(exported));
    assertThat(failure.details()).containsEntry("serial", exported.serial);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(host.events()).isEmpty();
    assertThat(host.connected(exported.target.iqn())).isTrue();
  }

  @Test
  void disconnectShouldRefuseWhatIsMountedWhereNobodyCanSee() {
    SimulatedTarget exported = connected();
    List<String> before = host.events();
    host.mount(node("sda"));
    VmStoreException failure =
        assertFails(ErrorCode.FAILED_PRECONDITION, () -> disconnect(exported));
    assertThat(failure.details()).containsEntry("holder", "unknown");
    assertThat(failure.outcomeUnknown()).isFalse();
    assertAsBefore(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(udev-worker) (pid 705)", "systemd-udevd (pid 99)"})
  void disconnectShouldNotTakeUdevForAUser(String udev) {
    SimulatedTarget exported = connected();
    host.open(node("sda"), udev);
    host.unexport(exported.target.iqn());
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldWaitForWhoeverLooksInPassing() {
    SimulatedTarget exported = connected();
    host.openInPassing(node("sda"), "multipath (pid 819)");
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldRefuseWhenAnotherLunOfTheSessionIsInUse() {
    SimulatedTarget exported = host.export("vol1", id);
    exported.secondLun = true;
    host.logInByHand(exported.target.iqn());
    connector.connect(exported.target, id, null, soon());
    List<String> before = host.events();
    host.open(node("sdb"), "mounted at /mnt");
    assertFails(ErrorCode.FAILED_PRECONDITION, () -> disconnect(exported));
    assertAsBefore(before);
    host.letGo(node("sdb"));
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldChangeNothingWhenTheFlushDoesNotEnd() {
    SimulatedTarget exported = connected();
    List<String> before = host.events();
    CountDownLatch release = new CountDownLatch(1);
    host.stickFlush(release);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.disconnect(exported.target, id, shortly()));
    assertThat(failure.outcomeUnknown()).isFalse();
    assertAsBefore(before);
    release.countDown();
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldFinishWhenTheTargetIsLostDuringTheFlush() {
    SimulatedTarget exported = connected();
    host.stickFlush(new CountDownLatch(1));
    CompletableFuture<Void> call = CompletableFuture.runAsync(() -> disconnect(exported));
    await().until(() -> host.events().contains("flush"));
    host.unexport(exported.target.iqn());
    assertThat(call).succeedsWithin(Duration.ofSeconds(20));
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldAskTheLostTargetNothing() {
    SimulatedTarget exported = connected();
    int before = host.events().size();
    host.unexport(exported.target.iqn());
    disconnect(exported);
    assertThat(host.events().subList(before, host.events().size()))
        .containsExactly("iscsiadm --logout");
  }

  @Test
  void disconnectShouldRefuseALostTargetWhoseDiskIsOpen() {
    SimulatedTarget exported = connected();
    host.unexport(exported.target.iqn());
    host.open(node("sda"), "qemu-system-x86 (pid 4711)");
    assertFails(ErrorCode.FAILED_PRECONDITION, () -> disconnect(exported));
    assertThat(host.connected(exported.target.iqn())).isTrue();
  }

  @Test
  void disconnectShouldLeaveTheRemovalToTheLogoutWhenTheKernelRefusesIt() {
    SimulatedTarget exported = connected();
    host.failEffect("delete");
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void disconnectShouldGoOnWhereItFailed(int nth) {
    host.knowGroups();
    SimulatedTarget exported = connected();
    host.onCommand(nth, SimulatedHost.exit(9));
    VmStoreException failure = assertFails(ErrorCode.UNAVAILABLE, () -> disconnect(exported));
    assertThat(failure.outcomeUnknown()).isTrue();
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void disconnectShouldKeepItsDeadlineWhenIscsidHangs(int nth) {
    host.knowGroups();
    SimulatedTarget exported = connected();
    host.onCommand(nth, SimulatedHost::hang);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.disconnect(exported.target, id, shortly()));
    assertThat(failure.outcomeUnknown()).isTrue();
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldNotBelieveALogoutThatLeftTheSession() {
    SimulatedTarget exported = connected();
    host.onCommand(1, SimulatedHost.exit(0));
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED, () -> connector.disconnect(exported.target, id, shortly()));
    assertThat(host.programs()).doesNotContain("iscsiadm delete");
    assertThat(host.record(exported.target.iqn(), PORTAL)).isNotEmpty();
  }

  @Test
  void disconnectShouldLeaveARecordToIscsiadmThatHasALinkBeside() throws IOException {
    SimulatedTarget exported = connected();
    Files.createDirectories(directory.resolve("static").resolve(exported.target.iqn().value()));
    disconnect(exported);
    assertThat(host.programs()).endsWith("iscsiadm --logout", "iscsiadm delete");
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldSucceedWhenSomebodyElseLoggedOut() {
    SimulatedTarget exported = connected();
    host.onCommand(
        1,
        (command, deadline) -> {
          host.act(command, deadline);
          return SimulatedHost.exit(21).run(command, deadline);
        });
    disconnect(exported);
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldNotTouchAVolumeWhoseNameBeginsAlike() {
    SimulatedTarget exported = connected();
    VolumeId other = VolumeId.random();
    ConnectedDevice ten =
        connector.connect(host.export("vol10", other).target, other, null, soon());
    disconnect(exported);
    assertThat(connector.list(soon())).containsExactly(ten);
  }
}
