package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static io.vmstore.iscsi.VolumeFixture.FIRST;
import static io.vmstore.iscsi.VolumeFixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.Deadline;
import io.vmstore.spi.VolumeConnector.Device;
import java.io.IOException;
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
class VolumeDisconnectTest {
  private final VolumeFixture fixture;
  private final SimulatedHost host;
  private final IscsiConnection connection;
  private final Device device;

  VolumeDisconnectTest(@TempDir Path directory) throws IOException {
    fixture = new VolumeFixture(directory);
    host = fixture.host;
    connection = fixture.disk("array");
    device = fixture.connect("vol1", connection);
  }

  private void disconnect() {
    fixture.disconnect("vol1", connection, device);
  }

  @Test
  void disconnectShouldFlushThenRemoveTheDeviceThenItsPathsThenTheSessions() {
    List<String> effects = fixture.effectsOf(this::disconnect);
    assertThat(effects.subList(0, 3))
        .containsExactly("flush", "close", "multipathd remove map " + VolumeFixture.mapped(device));
    assertThat(effects.subList(3, 5)).containsExactly("delete 1", "delete 1");
    assertThat(effects.subList(5, effects.size()))
        .containsExactlyInAnyOrder(
            "iscsiadm --logout", "iscsiadm --logout", "iscsiadm delete", "iscsiadm delete");
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldLetWaitingWritesFailWhenNoPathIsLeft() {
    host.cut(FIRST);
    host.cut(SECOND);
    assertThat(fixture.effectsOf(this::disconnect))
        .contains("multipathd disablequeueing map " + VolumeFixture.mapped(device))
        .doesNotContain("flush", "delete 1");
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldGiveAFlushUpWhenTheLastPathGoes() {
    CountDownLatch stuck = new CountDownLatch(1);
    host.stickFlush(stuck);
    CompletableFuture<Void> disconnecting = CompletableFuture.runAsync(this::disconnect);
    await().until(() -> host.events().contains("flush"));
    host.cut(FIRST);
    assertThat(disconnecting).isNotDone();
    host.cut(SECOND);
    await().until(disconnecting::isDone);
    disconnecting.join();
    stuck.countDown();
    assertThat(host.events())
        .contains("multipathd disablequeueing map " + VolumeFixture.mapped(device));
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldDoWithoutMultipathd() {
    host.multipath().running = false;
    disconnect();
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldRemoveADeviceThatHasLostItsPaths() {
    host.logOutByHand(SimulatedHost.iqn("array"));
    assertThat(host.remains()).isNotEmpty();
    disconnect();
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldNotTakeMultipathdForAUser() {
    host.open(device.path().toPath().resolveSibling("../sda").normalize(), "multipathd (pid 346)");
    disconnect();
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldRefuseWhenAPathIsUsedByAnother() {
    Path path = device.path().toPath().resolveSibling("../sda").normalize();
    host.open(path, "dd (pid 4711)");
    VmStoreException failure = assertFails(ErrorCode.FAILED_PRECONDITION, this::disconnect);
    assertThat(failure.reason()).contains("dd (pid 4711)");
    assertThat(host.multipath().paths(VolumeFixture.mapped(device))).hasSize(2);
    host.letGo(path);
    disconnect();
  }

  @Test
  void disconnectShouldNotTouchADeviceWithAForeignPath() {
    fixture.connect("vol2", fixture.disk("other", 1, "other", FIRST));
    host.multipath().mistaken.put("sdc", VolumeFixture.mapped(device));
    host.act(Command.of("multipathd", "del", "path", "sdc"), Failures.soon());
    host.act(Command.of("multipathd", "add", "path", "sdc"), Failures.soon());
    VmStoreException failure = assertFails(ErrorCode.FAILED_PRECONDITION, this::disconnect);
    assertThat(failure.reason()).contains("[sdc]");
    assertThat(host.multipath().paths(VolumeFixture.mapped(device))).hasSize(3);
  }

  @Test
  void disconnectShouldLeaveTheSessionToAnotherLun() {
    IscsiConnection second = fixture.disk("array", 2, "second", FIRST, SECOND);
    Device other = fixture.connect("vol2", second);
    assertThat(fixture.effectsOf(this::disconnect))
        .noneMatch(effect -> effect.startsWith("iscsiadm"));
    assertThat(fixture.effectsOf(() -> fixture.disconnect("vol2", second, other)))
        .contains("iscsiadm --logout", "iscsiadm delete");
    assertThat(host.remains()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void disconnectShouldFinishWhenItIsRepeatedAfterAFailure(int which) {
    host.onCommand(which, SimulatedHost.exit(99));
    try {
      disconnect();
    } catch (VmStoreException e) {
      assertThat(e.outcomeUnknown()).isTrue();
    }
    disconnect();
    assertThat(host.remains()).isEmpty();
  }

  @Test
  void disconnectShouldSayWhenItCannotRemoveTheDevice() {
    Path node = device.attachment().path().toPath();
    host.open(node, "(udev-worker) (pid 17)"); // no user, and the kernel says busy all the same
    Deadline deadline = Deadline.after(Duration.ofSeconds(1));
    VmStoreException failure =
        assertFails(
            ErrorCode.FAILED_PRECONDITION,
            () ->
                fixture.connector.disconnect(
                    "vol1", connection, device.attachment().wwn(), deadline));
    assertThat(failure.reason()).contains("is in use");
    host.letGo(node);
    disconnect();
    assertThat(host.remains()).isEmpty();
  }
}
