package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.atOnce;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link TargetConnector} promises. A subclass says how to open one and exports volumes
 * for it; the optional methods play the guest, the NAS and the accident.
 */
public abstract class TargetConnectorContract {
  private static final ChapSecrets SECRETS =
      new ChapSecrets("initiators0secret", "targets0own0secret");

  private final Map<Iqn, Exported> used = new ConcurrentHashMap<>();
  private TargetConnector connector;

  /**
   * A volume that waits to be connected.
   *
   * @param target where
   * @param id its identity
   * @param size its size
   */
  public record Exported(Target target, VolumeId id, ByteSize size) {}

  /** {@return a connector of the machine; each call opens another on the same kernel} */
  protected abstract TargetConnector open();

  /** {@return a new volume of that name, exported to {@link TargetConnector#initiator}} */
  protected abstract Exported export(String name);

  /** Lets the volume grow. {@return its new size} */
  protected ByteSize grow(Exported exported) {
    throw cannot("let an exported volume grow");
  }

  /** Ends the export of a volume, and its sessions. */
  protected void unexport(Exported exported) {
    throw cannot("end an export");
  }

  /** {@return a new volume, exported to another machine} */
  protected Exported exportToAnother(String name) {
    throw cannot("export to another machine");
  }

  /** {@return a new volume, exported to this machine if it knows the secrets} */
  protected Exported export(String name, ChapSecrets secrets) {
    throw cannot("ask for secrets");
  }

  /** {@return a portal at which nobody answers} */
  protected Portal silentPortal() {
    return new Portal("127.0.0.1", 1);
  }

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(30);
  }

  /** Holds the device open. */
  protected Holder hold(ConnectedDevice device) {
    throw cannot("hold a device");
  }

  /** Lets the volume's disk show another unit serial number. */
  protected void swapSerial(Exported exported) {
    throw cannot("show a wrong disk");
  }

  /** Lets the volume's disk not appear on whoever logs in. */
  protected void hideDevice(Exported exported) {
    throw cannot("hide a disk");
  }

  /** Lets it appear. */
  protected void showDevice(Exported exported) {
    throw cannot("hide a disk");
  }

  /** Connects something that is none of vmstore's. */
  protected Iqn connectForeignTarget() {
    throw cannot("have a foreign session");
  }

  /** {@return whether that foreign session is as it was made} */
  protected boolean foreignTargetConnected(Iqn target) {
    throw cannot("see a foreign session");
  }

  /** {@return whether anything of the target is left: a session, a node record, a device} */
  protected boolean anythingLeftOf(Target target) {
    return connector.list(soon()).stream()
        .anyMatch(device -> device.target().iqn().equals(target.iqn()));
  }

  /** Writes at the beginning of the device. */
  protected void write(ConnectedDevice device, byte[] bytes) {
    DeviceFiles.write(device.stablePath(), bytes);
  }

  /** {@return the first bytes of the device} */
  protected byte[] read(ConnectedDevice device, int length) {
    return DeviceFiles.read(device.stablePath(), length);
  }

  @BeforeEach
  final void openConnector() {
    connector = open();
  }

  @AfterEach
  final void disconnectAll() {
    try (TargetConnector cleaner = open()) {
      used.values().forEach(each -> cleaner.disconnect(each.target(), each.id(), soon()));
    }
    connector.close();
  }

  private Deadline soon() {
    return Deadline.after(patience());
  }

  private static Deadline passed() {
    return Deadline.after(Duration.ZERO);
  }

  private Exported tracked(Exported exported) {
    used.put(exported.target().iqn(), exported);
    return exported;
  }

  private Exported volume(String name) {
    return tracked(export(name));
  }

  private ConnectedDevice connect(Exported exported) {
    return connector.connect(exported.target(), exported.id(), null, soon());
  }

  private ConnectedDevice connect(Exported exported, ChapSecrets secrets) {
    return connector.connect(exported.target(), exported.id(), secrets, soon());
  }

  private void disconnect(Exported exported) {
    connector.disconnect(exported.target(), exported.id(), soon());
  }

  private List<ConnectedDevice> listed() {
    return connector.list(soon()).stream()
        .filter(device -> used.containsKey(device.target().iqn()))
        .toList();
  }

  @Test
  void initiatorShouldBeTheSameEachTime() {
    Iqn initiator = connector.initiator();
    assertThat(connector.initiator()).isEqualTo(initiator);
    try (TargetConnector another = open()) {
      assertThat(another.initiator()).isEqualTo(initiator);
    }
  }

  @Test
  void connectShouldReturnTheRightDisk() {
    Exported exported = volume("vol1");
    ConnectedDevice device = connect(exported);
    assertThat(device.target().iqn()).isEqualTo(exported.target().iqn());
    assertThat(exported.target().portals()).containsAll(device.target().portals());
    assertThat(device.serial()).isEqualTo(exported.id().toString());
    assertThat(device.size()).isEqualTo(exported.size());
    assertThat(listed()).containsExactly(device);
  }

  @Test
  void connectShouldReturnADeviceThatKeepsBytes() {
    ConnectedDevice device = connect(volume("vol1"));
    write(device, new byte[] {1, 2, 3});
    assertThat(read(device, 4)).containsExactly(1, 2, 3, 0);
  }

  @Test
  void connectAgainShouldReturnTheSameDevice() {
    Exported exported = volume("vol1");
    ConnectedDevice first = connect(exported);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(connect(exported)).isEqualTo(first);
    }
    assertThat(listed()).containsExactly(first);
  }

  @Test
  void connectShouldKeepTheStablePathAndTheBytesOverAReconnect() {
    Exported exported = volume("vol1");
    ConnectedDevice first = connect(exported);
    write(first, new byte[] {9});
    disconnect(exported);
    ConnectedDevice second = connect(exported);
    assertThat(second.stablePath()).isEqualTo(first.stablePath());
    assertThat(read(second, 1)).containsExactly(9);
  }

  @Test
  void connectShouldNotConfuseNamesThatBeginAlike() {
    Exported longer = volume("vol10");
    Exported shorter = volume("vol1");
    ConnectedDevice ten = connect(longer);
    ConnectedDevice one = connect(shorter);
    assertThat(one.device()).isNotEqualTo(ten.device());
    assertThat(one.stablePath()).isNotEqualTo(ten.stablePath());
    write(ten, new byte[] {10});
    write(one, new byte[] {1});
    assertThat(read(ten, 1)).containsExactly(10);
    disconnect(shorter);
    assertThat(listed()).containsExactly(ten);
  }

  @Test
  void connectShouldFailWithUnavailableWhenNoPortalAnswers() {
    Exported exported = volume("vol1");
    Target silent = new Target(exported.target().iqn(), List.of(silentPortal()));
    assertRefused(
        ErrorCode.UNAVAILABLE, () -> connector.connect(silent, exported.id(), null, soon()));
    assertThat(anythingLeftOf(silent)).isFalse();
  }

  @Test
  void connectShouldFailWithNotFoundWhenThePortalsDoNotKnowTheTarget() {
    Exported exported = volume("vol1");
    Target unknown =
        new Target(new Iqn(exported.target().iqn() + "0"), exported.target().portals());
    assertRefused(
        ErrorCode.NOT_FOUND, () -> connector.connect(unknown, exported.id(), null, soon()));
    assertThat(anythingLeftOf(unknown)).isFalse();
    assertThat(listed()).isEmpty();
  }

  @Test
  void connectShouldFailWithPermissionDeniedWhenNotAdmitted() {
    Exported exported = tracked(exportToAnother("vol1"));
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> connect(exported));
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void connectShouldProveToKnowTheSecret() {
    for (ChapSecrets secrets : List.of(SECRETS, new ChapSecrets(SECRETS.initiator(), null))) {
      Exported exported = tracked(export("vol1" + secrets.ofTarget().isPresent(), secrets));
      assertThat(connect(exported, secrets).serial()).isEqualTo(exported.id().toString());
    }
  }

  @Test
  void connectShouldFailWithPermissionDeniedWithoutTheSecretOrWithAnother() {
    Exported exported = tracked(export("vol1", SECRETS));
    ChapSecrets wrong = new ChapSecrets("another0secret0of0it", SECRETS.target());
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> connect(exported));
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> connect(exported, wrong));
    assertThat(anythingLeftOf(exported.target())).isFalse();
    connect(exported, SECRETS);
  }

  @Test
  void connectShouldFailWithPermissionDeniedWhenTheTargetDoesNotKnowItsSecret() {
    Exported exported = tracked(export("vol1", SECRETS));
    ChapSecrets wrong = new ChapSecrets(SECRETS.initiator(), "another0secret0of0it");
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> connect(exported, wrong));
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void connectAgainShouldReturnTheSameDeviceWithSecretsToo() {
    Exported exported = tracked(export("vol1", SECRETS));
    ConnectedDevice first = connect(exported, SECRETS);
    assertThat(connect(exported, SECRETS)).isEqualTo(first);
    disconnect(exported);
    assertThat(anythingLeftOf(exported.target())).isFalse();
    assertThat(connect(exported, SECRETS).serial()).isEqualTo(exported.id().toString());
  }

  @Test
  void noFailureShouldRepeatASecret() {
    Exported exported = tracked(export("vol1", SECRETS));
    ChapSecrets wrong = new ChapSecrets("another0secret0of0it", SECRETS.target());
    VmStoreException failure =
        assertRefused(ErrorCode.PERMISSION_DENIED, () -> connect(exported, wrong));
    assertThat(failure + " " + failure.details() + " " + failure.getCause())
        .doesNotContain(wrong.initiator())
        .doesNotContain("targets0own0secret");
  }

  @Test
  void connectShouldRefuseAWrongDisk() {
    Exported exported = volume("vol1");
    swapSerial(exported);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> connect(exported));
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void connectShouldRefuseToTakeAnotherVolumeForTheOneAskedFor() {
    Exported exported = volume("vol1");
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> connector.connect(exported.target(), VolumeId.random(), null, soon()));
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void connectShouldLeaveAnEarlierConnectionAloneWhenItFails() {
    Exported exported = volume("vol1");
    ConnectedDevice before = connect(exported);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> connector.connect(exported.target(), VolumeId.random(), null, soon()));
    assertThat(listed()).containsExactly(before);
    write(before, new byte[] {1});
  }

  @Test
  void connectShouldLeaveNothingWhenNoDeviceAppearsInTime() {
    Exported exported = volume("vol1");
    hideDevice(exported);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () ->
                connector.connect(
                    exported.target(),
                    exported.id(),
                    null,
                    Deadline.after(Duration.ofMillis(200))));
    if (!failure.outcomeUnknown()) {
      assertThat(anythingLeftOf(exported.target())).isFalse();
    }
    showDevice(exported);
    assertThat(connect(exported).size()).isEqualTo(exported.size());
  }

  @Test
  void connectShouldWaitForALateDevice() {
    Exported exported = volume("vol1");
    hideDevice(exported);
    CompletableFuture<ConnectedDevice> waiting =
        CompletableFuture.supplyAsync(() -> connect(exported));
    assertThat(waiting).isNotDone();
    showDevice(exported);
    assertThat(Checks.answer(waiting, patience()).serial()).isEqualTo(exported.id().toString());
  }

  @Test
  void connectShouldNotBeginAfterItsDeadline() {
    Exported exported = volume("vol1");
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.connect(exported.target(), exported.id(), null, passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(anythingLeftOf(exported.target())).isFalse();
    }
  }

  @Test
  void connectShouldSayWhatIsWhenInterrupted() {
    Exported exported = volume("vol1");
    if (Checks.interrupted(patience(), () -> connect(exported))) {
      assertThat(listed()).hasSize(1);
    }
    assertThat(connect(exported).serial()).isEqualTo(exported.id().toString());
  }

  @Test
  void connectShouldServeDifferentVolumesAtOnce() {
    List<Exported> volumes =
        List.of("vol1", "vol10", "vol2", "vol3").stream().map(this::volume).toList();
    List<ConnectedDevice> devices =
        atOnce(volumes.size(), patience(), i -> () -> connect(volumes.get(i)));
    for (int i = 0; i < volumes.size(); i++) {
      assertThat(devices.get(i).serial()).isEqualTo(volumes.get(i).id().toString());
    }
    assertThat(devices).extracting(ConnectedDevice::device).doesNotHaveDuplicates();
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(devices);
  }

  private ConnectedDevice extend(Exported exported, ByteSize size) {
    return connector.extend(exported.target(), exported.id(), size, soon());
  }

  @Test
  void extendShouldShowTheSizeOfAVolumeThatHasGrown() {
    Exported exported = volume("vol1");
    ConnectedDevice before = connect(exported);
    write(before, new byte[] {1, 2, 3});
    ByteSize size = grow(exported);
    ConnectedDevice after = extend(exported, size);
    assertThat(after.size()).isEqualTo(size);
    assertThat(after.device()).isEqualTo(before.device());
    assertThat(after.stablePath()).isEqualTo(before.stablePath());
    assertThat(listed()).containsExactly(after);
    assertThat(connect(exported)).isEqualTo(after);
    assertThat(read(after, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void extendShouldGoOnWhileTheDeviceIsOpen() {
    Exported exported = volume("vol1");
    try (Holder holder = hold(connect(exported))) {
      assertThat(holder.name()).isNotBlank();
      ByteSize size = grow(exported);
      assertThat(extend(exported, size).size()).isEqualTo(size);
    }
  }

  @Test
  void extendShouldLeaveADeviceAsItIsThatIsLargeEnough() {
    Exported exported = volume("vol1");
    ConnectedDevice device = connect(exported);
    assertThat(extend(exported, new ByteSize(1))).isEqualTo(device);
    assertThat(extend(exported, device.size())).isEqualTo(device);
  }

  @Test
  void extendShouldFailWithDeadlineExceededWhenTheVolumeIsSmaller() {
    Exported exported = volume("vol1");
    ConnectedDevice device = connect(exported);
    ByteSize larger = new ByteSize(2 * device.size().bytes());
    assertRefused(
        ErrorCode.DEADLINE_EXCEEDED,
        () ->
            connector.extend(
                exported.target(), exported.id(), larger, Deadline.after(Duration.ofMillis(500))));
    assertThat(listed()).containsExactly(device);
  }

  @Test
  void extendShouldFailWithNotFoundWhenNotConnected() {
    Exported exported = volume("vol1");
    connect(volume("vol10"));
    assertRefused(ErrorCode.NOT_FOUND, () -> extend(exported, exported.size()));
  }

  @Test
  void extendShouldRefuseAWrongDisk() {
    Exported exported = volume("vol1");
    connect(exported);
    Exported other = new Exported(exported.target(), VolumeId.random(), exported.size());
    VmStoreException failure =
        catchThrowableOfType(VmStoreException.class, () -> extend(other, other.size()));
    assertThat(failure.code()).isIn(ErrorCode.FAILED_PRECONDITION, ErrorCode.NOT_FOUND);
    assertThat(failure.outcomeUnknown()).isFalse();
  }

  @Test
  void disconnectShouldForgetTheTarget() {
    Exported exported = volume("vol1");
    connect(exported);
    disconnect(exported);
    assertThat(listed()).isEmpty();
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void disconnectAgainShouldSucceed() {
    Exported exported = volume("vol1");
    connect(exported);
    for (int i = 0; i < REPEATS; i++) {
      disconnect(exported);
    }
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void disconnectShouldSucceedForWhatWasNeverConnected() {
    Exported exported = volume("vol1");
    disconnect(exported);
    assertThat(connect(exported).serial()).isEqualTo(exported.id().toString());
  }

  @Test
  void disconnectShouldSucceedWhenTheTargetIsGone() {
    Exported exported = volume("vol1");
    connect(exported);
    unexport(exported);
    disconnect(exported);
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void disconnectShouldRefuseADeviceThatIsOpenAndNameTheHolder() {
    Exported exported = volume("vol1");
    ConnectedDevice device = connect(exported);
    try (Holder holder = hold(device)) {
      VmStoreException failure =
          assertRefused(ErrorCode.FAILED_PRECONDITION, () -> disconnect(exported));
      assertThat(failure.toString() + failure.details()).contains(holder.name());
      assertThat(listed()).containsExactly(device);
      write(device, new byte[] {5});
      assertThat(read(device, 1)).containsExactly(5);
    }
    disconnect(exported);
    assertThat(listed()).isEmpty();
  }

  @Test
  void disconnectShouldNotBeginAfterItsDeadline() {
    Exported exported = volume("vol1");
    ConnectedDevice device = connect(exported);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.disconnect(exported.target(), exported.id(), passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(listed()).containsExactly(device);
    }
  }

  @Test
  void disconnectShouldSayWhatIsWhenInterrupted() {
    Exported exported = volume("vol1");
    connect(exported);
    if (Checks.interrupted(patience(), () -> disconnect(exported))) {
      assertThat(listed()).isEmpty();
    }
    disconnect(exported);
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void listShouldBeOrderedByTarget() {
    List.of("vol2", "vol10", "vol1").forEach(name -> connect(volume(name)));
    assertThat(listed())
        .hasSize(3)
        .isSortedAccordingTo(Comparator.comparing(device -> device.target().iqn().value()));
  }

  @Test
  void listShouldSayWhetherTheSessionIsLoggedIn() {
    Exported exported = volume("vol1");
    assertThat(connect(exported).loggedIn()).isTrue();
    assertThat(listed()).singleElement().matches(ConnectedDevice::loggedIn);
    unexport(exported);
    Awaitility.await()
        .atMost(patience())
        .until(() -> listed().stream().noneMatch(ConnectedDevice::loggedIn));
  }

  @Test
  void foreignTargetsShouldBeNeitherShownNorTouched() {
    Iqn foreign = connectForeignTarget();
    Exported exported = volume("vol1");
    connect(exported);
    assertThat(connector.list(soon()))
        .extracting(device -> device.target().iqn())
        .doesNotContain(foreign);
    disconnect(exported);
    assertThat(foreignTargetConnected(foreign)).isTrue();
  }

  @Test
  void connectionsShouldOutliveTheConnector() {
    Exported exported = volume("vol1");
    ConnectedDevice before = connect(exported);
    connector.close();
    connector = open();
    assertThat(listed()).containsExactly(before);
    assertThat(connect(exported)).isEqualTo(before);
    disconnect(exported);
    assertThat(anythingLeftOf(exported.target())).isFalse();
  }

  @Test
  void callsAfterCloseShouldFailWithUnavailable() {
    Exported exported = volume("vol1");
    connector.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> connector.initiator());
    assertRefused(ErrorCode.UNAVAILABLE, () -> connect(exported));
    assertRefused(ErrorCode.UNAVAILABLE, () -> disconnect(exported));
    assertRefused(ErrorCode.UNAVAILABLE, () -> connector.list(soon()));
  }

  @Test
  void closeAgainShouldBeHarmless() {
    ConnectedDevice before = connect(volume("vol1"));
    connector.close();
    assertThatCode(connector::close).doesNotThrowAnyException();
    connector = open();
    assertThat(listed()).containsExactly(before);
  }
}
