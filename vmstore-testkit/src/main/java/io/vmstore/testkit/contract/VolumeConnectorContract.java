package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.atOnce;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Portal;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.VolumeConnector.Device;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link VolumeConnector} promises. A subclass says how to open one and puts disks
 * behind targets for it; the optional methods play the guest, the array and the accident.
 */
public abstract class VolumeConnectorContract {
  private static final ChapLogin LOGIN =
      new ChapLogin("vm1", "initiators0secret", "array", "targets0own0secret");

  private final Map<String, Exposed> used = new ConcurrentHashMap<>();
  private VolumeConnector connector;

  /**
   * A disk that waits to be connected.
   *
   * @param connection how, with a path for each of the target's portals
   * @param serial its unit serial number
   * @param size its size
   */
  public record Exposed(IscsiConnection connection, String serial, ByteSize size) {}

  /** {@return a connector of the machine; each call opens another on the same kernel} */
  protected abstract VolumeConnector open();

  /**
   * {@return a new disk of 16 MiB at a LUN of a target, which is made with so many portals when it
   * is not there}
   */
  protected abstract Exposed expose(String target, int lun, int portals);

  /** {@return the same, of a target that asks for the login} */
  protected Exposed expose(String target, ChapLogin login) {
    throw cannot("ask for secrets");
  }

  /** {@return the same, of a target that admits another machine} */
  protected Exposed exposeToAnother(String target) {
    throw cannot("expose to another machine");
  }

  /** {@return whether this machine joins several paths to one device} */
  protected boolean multipath() {
    return false;
  }

  /** {@return whether a device can be made to refuse writes} */
  protected boolean readOnlyDevices() {
    return true;
  }

  /** Takes the target away, and ends its sessions. */
  protected void vanish(Exposed exposed) {
    throw cannot("take a target away");
  }

  /** {@return a portal at which nobody answers} */
  protected Portal silentPortal() {
    return new Portal("127.0.0.1", 1);
  }

  /** Takes a portal off the network, with the sessions over it. */
  protected void cut(Portal portal) {
    throw cannot("cut a path");
  }

  /** Puts a portal back, and lets the sessions over it recover. */
  protected void restore(Portal portal) {
    throw cannot("cut a path");
  }

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(30);
  }

  /** Holds the device open. */
  protected Holder hold(Device device) {
    throw cannot("hold a device");
  }

  /** Puts another disk in the place of this one, with a wwn and a serial of its own. */
  protected void swap(Exposed exposed) {
    throw cannot("show a wrong disk");
  }

  /** Lets the disk not appear on whoever logs in. */
  protected void hide(Exposed exposed) {
    throw cannot("hide a disk");
  }

  /** Lets it appear. */
  protected void show(Exposed exposed) {
    throw cannot("hide a disk");
  }

  /** Lets the disk's owner give it another size. */
  protected void grow(Exposed exposed, ByteSize size) {
    throw cannot("grow a disk");
  }

  /** {@return whether anything of the target is left: a session, a node record, a device} */
  protected boolean anythingLeftOf(TargetName target) {
    throw cannot("see what is left");
  }

  /** Writes at the beginning of the device. */
  protected void write(Device device, byte[] bytes) {
    DeviceFiles.write(device.path(), bytes);
  }

  /** {@return the first bytes of the device} */
  protected byte[] read(Device device, int length) {
    return DeviceFiles.read(device.path(), length);
  }

  /** {@return whether the device refuses to be written to} */
  protected boolean refusesWrites(Device device) {
    throw cannot("tell whether a device is read-only");
  }

  @BeforeEach
  final void openConnector() {
    connector = open();
  }

  @AfterEach
  final void disconnectAll() {
    try (VolumeConnector cleaner = open()) {
      used.forEach((name, exposed) -> cleaner.disconnect(name, exposed.connection(), null, soon()));
    }
    connector.close();
  }

  private Deadline soon() {
    return Deadline.after(patience());
  }

  private static Deadline passed() {
    return Deadline.after(Duration.ZERO);
  }

  private Exposed tracked(String name, Exposed exposed) {
    used.put(name, exposed);
    return exposed;
  }

  private Exposed disk(String name) {
    return tracked(name, expose(name, 1, 1));
  }

  private Exposed sharing(String name, String target, int lun) {
    return tracked(name, expose(target, lun, 1));
  }

  private Exposed twoPaths(String name) {
    return tracked(name, expose(name, 1, 2));
  }

  private Device connect(String name, Exposed exposed) {
    return connect(name, exposed.connection(), null);
  }

  private Device connect(String name, IscsiConnection connection, @Nullable String wwn) {
    return connector.connect(name, connection, wwn, soon());
  }

  private void disconnect(String name, Exposed exposed, @Nullable String wwn) {
    connector.disconnect(name, exposed.connection(), wwn, soon());
  }

  private void disconnect(String name, Exposed exposed, Device device) {
    disconnect(name, exposed, device.attachment().wwn());
  }

  private Optional<Device> find(String name, Exposed exposed, Device device) {
    return connector.find(name, exposed.connection(), device.attachment().wwn(), soon());
  }

  private boolean anythingLeftOf(Exposed exposed) {
    return exposed.connection().paths().stream().anyMatch(path -> anythingLeftOf(path.target()));
  }

  private void eventually(BooleanSupplier condition) {
    Awaitility.await().atMost(patience()).until(condition::getAsBoolean);
  }

  private static IscsiConnection over(IscsiConnection like, List<IscsiPath> paths) {
    return new IscsiConnection(
        paths, like.chap(), like.access(), null, false, null, Map.of(), Map.of());
  }

  private static IscsiConnection with(IscsiConnection like, @Nullable ChapLogin chap) {
    return new IscsiConnection(
        like.paths(), chap, like.access(), null, false, null, Map.of(), Map.of());
  }

  private static IscsiConnection withSerial(IscsiConnection like, String serial) {
    return new IscsiConnection(
        like.paths(), like.chap(), like.access(), null, false, serial, Map.of(), Map.of());
  }

  private static IscsiPath path(Exposed exposed) {
    return exposed.connection().paths().get(0);
  }

  @Test
  void connectorInfoShouldSayTheSameEachTime() {
    ConnectorInfo info = connector.connectorInfo();
    assertThat(info.doLocalAttach()).isFalse();
    assertThat(info.multipath()).isEqualTo(multipath());
    assertThat(info.ip() + info.host() + info.platform()).doesNotContain(" ");
    try (VolumeConnector another = open()) {
      assertThat(another.connectorInfo()).isEqualTo(info);
    }
  }

  @Test
  void connectShouldReturnTheDisk() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    assertThat(device.size()).isEqualTo(exposed.size());
    assertThat(device.attachment().wwn()).isNotBlank();
    assertThat(find("vol1", exposed, device)).contains(device);
  }

  @Test
  void connectShouldReturnADeviceThatKeepsBytes() {
    Device device = connect("vol1", disk("vol1"));
    write(device, new byte[] {1, 2, 3});
    assertThat(read(device, 4)).containsExactly(1, 2, 3, 0);
  }

  @Test
  void connectAgainShouldReturnTheSameDevice() {
    Exposed exposed = disk("vol1");
    Device first = connect("vol1", exposed);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(connect("vol1", exposed)).isEqualTo(first);
      assertThat(connect("vol1", exposed.connection(), first.attachment().wwn())).isEqualTo(first);
    }
  }

  @Test
  void connectShouldKeepThePathTheNameAndTheBytesOverAReconnect() {
    Exposed exposed = disk("vol1");
    Device first = connect("vol1", exposed);
    write(first, new byte[] {9});
    disconnect("vol1", exposed, first);
    Device second = connect("vol1", exposed.connection(), first.attachment().wwn());
    assertThat(second.path()).isEqualTo(first.path());
    assertThat(second.attachment().wwn()).isEqualTo(first.attachment().wwn());
    assertThat(read(second, 1)).containsExactly(9);
  }

  @Test
  void connectShouldNotConfuseLunsAndNamesThatBeginAlike() {
    Exposed longer = sharing("vol10", "shared", 10);
    Exposed shorter = sharing("vol1", "shared", 1);
    Device ten = connect("vol10", longer);
    Device one = connect("vol1", shorter);
    assertThat(one.path()).isNotEqualTo(ten.path());
    assertThat(one.attachment().wwn()).isNotEqualTo(ten.attachment().wwn());
    write(ten, new byte[] {10});
    write(one, new byte[] {1});
    assertThat(read(ten, 1)).containsExactly(10);
    disconnect("vol1", shorter, one);
    assertThat(find("vol1", shorter, one)).isEmpty();
    assertThat(find("vol10", longer, ten)).contains(ten);
  }

  @Test
  void sessionShouldEndWithTheLastLunOfItsTarget() {
    Exposed first = sharing("vol1", "shared", 0);
    Exposed second = sharing("vol2", "shared", 1);
    Device one = connect("vol1", first);
    Device two = connect("vol2", second);
    disconnect("vol1", first, one);
    write(two, new byte[] {2});
    assertThat(read(two, 1)).containsExactly(2);
    assertThat(anythingLeftOf(second)).isTrue();
    disconnect("vol2", second, two);
    assertThat(anythingLeftOf(second)).isFalse();
  }

  @Test
  void connectShouldJoinAllPaths() {
    assumeTrue(multipath(), "one path is all there is");
    Exposed exposed = twoPaths("vol1");
    Device device = connect("vol1", exposed);
    assertThat(device.attachment().multipathId()).isNotNull();
    write(device, new byte[] {1});
    for (IscsiPath path : exposed.connection().paths()) {
      cut(path.portal());
      assertThat(read(device, 1)).containsExactly(1);
      restore(path.portal());
      eventually(() -> find("vol1", exposed, device).isPresent());
    }
  }

  @Test
  void connectShouldDoWithOnePathAndAddTheOtherLater() {
    Exposed exposed = twoPaths("vol1");
    List<IscsiPath> paths = exposed.connection().paths();
    cut(paths.get(0).portal());
    Device device = connect("vol1", exposed);
    assertThat(device.size()).isEqualTo(exposed.size());
    restore(paths.get(0).portal());
    assertThat(connect("vol1", exposed).path()).isEqualTo(device.path());
    assumeTrue(multipath(), "one path is all there is");
    cut(paths.get(1).portal());
    eventually(() -> find("vol1", exposed, device).isPresent());
  }

  @Test
  void connectShouldFailWithUnavailableWhenNoPortalAnswers() {
    Exposed exposed = disk("vol1");
    IscsiPath silent = new IscsiPath(silentPortal(), path(exposed).target(), path(exposed).lun());
    assertRefused(
        ErrorCode.UNAVAILABLE,
        () -> connect("vol1", over(exposed.connection(), List.of(silent)), null));
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void connectShouldFailWithNotFoundWhenThePortalsDoNotKnowTheTarget() {
    Exposed exposed = disk("vol1");
    TargetName unknown = new TargetName(path(exposed).target() + "0");
    IscsiPath nowhere = new IscsiPath(path(exposed).portal(), unknown, path(exposed).lun());
    assertRefused(
        ErrorCode.NOT_FOUND,
        () -> connect("vol1", over(exposed.connection(), List.of(nowhere)), null));
    assertThat(anythingLeftOf(unknown)).isFalse();
  }

  @Test
  void connectShouldFailWithNotFoundWhenTheTargetHasNoSuchLun() {
    Exposed exposed = sharing("vol1", "shared", 1);
    IscsiPath nothing = new IscsiPath(path(exposed).portal(), path(exposed).target(), 11);
    IscsiConnection connection = over(exposed.connection(), List.of(nothing));
    assertRefused(ErrorCode.NOT_FOUND, () -> connect("vol11", connection, null));
    assertThat(anythingLeftOf(exposed)).isFalse();
    Device device = connect("vol1", exposed);
    assertRefused(ErrorCode.NOT_FOUND, () -> connect("vol11", connection, null));
    assertThat(find("vol1", exposed, device)).contains(device);
  }

  @Test
  void connectShouldFailWithPermissionDeniedWhenNotAdmitted() {
    Exposed exposed = tracked("vol1", exposeToAnother("vol1"));
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> connect("vol1", exposed));
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void connectShouldProveToKnowTheSecret() {
    ChapLogin oneWay = new ChapLogin(LOGIN.username(), LOGIN.password(), null, null);
    for (ChapLogin login : List.of(LOGIN, oneWay)) {
      String name = login.targetUsername() == null ? "vol1" : "vol2";
      Exposed exposed = tracked(name, expose(name, login));
      assertThat(connect(name, exposed).size()).isEqualTo(exposed.size());
      assertThat(connect(name, exposed).size()).isEqualTo(exposed.size());
    }
  }

  @Test
  void connectShouldFailWithPermissionDeniedWithoutTheSecretOrWithAnother() {
    Exposed exposed = tracked("vol1", expose("vol1", LOGIN));
    ChapLogin wrong = new ChapLogin(LOGIN.username(), "another0secret0of0it", null, null);
    for (ChapLogin login : new ChapLogin[] {null, wrong}) {
      VmStoreException failure =
          assertRefused(
              ErrorCode.PERMISSION_DENIED,
              () -> connect("vol1", with(exposed.connection(), login), null));
      assertThat(failure + " " + failure.details() + " " + failure.getCause())
          .doesNotContain(wrong.password())
          .doesNotContain(LOGIN.password());
    }
    assertThat(anythingLeftOf(exposed)).isFalse();
    connect("vol1", exposed);
  }

  @Test
  void connectShouldFailWithPermissionDeniedWhenTheTargetDoesNotKnowItsSecret() {
    Exposed exposed = tracked("vol1", expose("vol1", LOGIN));
    ChapLogin wrong =
        new ChapLogin(
            LOGIN.username(), LOGIN.password(), LOGIN.targetUsername(), "another0secret0of0it");
    assertRefused(
        ErrorCode.PERMISSION_DENIED,
        () -> connect("vol1", with(exposed.connection(), wrong), null));
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void connectShouldCompareTheSerial() {
    Exposed exposed = disk("vol1");
    IscsiConnection wrong = withSerial(exposed.connection(), "another disk");
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> connect("vol1", wrong, null));
    assertThat(anythingLeftOf(exposed)).isFalse();
    IscsiConnection right = withSerial(exposed.connection(), exposed.serial());
    assertThat(connect("vol1", right, null).size()).isEqualTo(exposed.size());
  }

  @Test
  void connectShouldRefuseAnotherDiskThanTheOneWanted() {
    Exposed exposed = disk("vol1");
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> connect("vol1", exposed.connection(), "3600140500000000000000000000000ff"));
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void connectShouldRefuseADiskThatWasPutInThePlaceOfTheOneRecorded() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    disconnect("vol1", exposed, device);
    swap(exposed);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> connect("vol1", exposed.connection(), device.attachment().wwn()));
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void connectShouldRefusePathsThatLeadToDifferentDisks() {
    Exposed first = disk("vol1");
    Exposed second = disk("vol2");
    IscsiConnection both = over(first.connection(), List.of(path(first), path(second)));
    assumeTrue(multipath(), "only one path is used");
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> connect("vol1", both, null));
    assertThat(anythingLeftOf(first)).isFalse();
    assertThat(anythingLeftOf(second)).isFalse();
  }

  @Test
  void connectShouldLeaveAnEarlierConnectionAloneWhenItFails() {
    Exposed exposed = disk("vol1");
    Device before = connect("vol1", exposed);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> connect("vol1", exposed.connection(), "3600140500000000000000000000000ff"));
    assertThat(find("vol1", exposed, before)).contains(before);
    write(before, new byte[] {1});
  }

  @Test
  void connectShouldMakeADeviceThatRefusesWritesWhenOnlyReadingIsAllowed() {
    assumeTrue(readOnlyDevices(), "it refuses such connections");
    Exposed exposed = disk("vol1");
    IscsiConnection readOnly =
        new IscsiConnection(
            exposed.connection().paths(),
            null,
            AccessMode.READ_ONLY,
            null,
            false,
            null,
            Map.of(),
            Map.of());
    Device device = connect("vol1", readOnly, null);
    assertThat(refusesWrites(device)).isTrue();
    assertThat(read(device, 1)).containsExactly(0);
    disconnect("vol1", exposed, device);
    assertThat(refusesWrites(connect("vol1", exposed))).isFalse();
  }

  @Test
  void connectShouldRefuseToDoWithoutMultipathWhenItIsEnforced() {
    assumeFalse(multipath(), "multipath runs");
    Exposed exposed = disk("vol1");
    IscsiConnection enforced =
        new IscsiConnection(
            exposed.connection().paths(),
            null,
            AccessMode.READ_WRITE,
            null,
            true,
            null,
            Map.of(),
            Map.of());
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> connect("vol1", enforced, null));
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void connectShouldLeaveNothingWhenNoDeviceAppearsInTime() {
    Exposed exposed = disk("vol1");
    hide(exposed);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () ->
                connector.connect(
                    "vol1", exposed.connection(), null, Deadline.after(Duration.ofMillis(200))));
    if (!failure.outcomeUnknown()) {
      assertThat(anythingLeftOf(exposed)).isFalse();
    }
    show(exposed);
    assertThat(connect("vol1", exposed).size()).isEqualTo(exposed.size());
  }

  @Test
  void connectShouldWaitForALateDevice() {
    Exposed exposed = disk("vol1");
    hide(exposed);
    CompletableFuture<Device> waiting =
        CompletableFuture.supplyAsync(() -> connect("vol1", exposed));
    assertThat(waiting).isNotDone();
    show(exposed);
    assertThat(Checks.answer(waiting, patience()).size()).isEqualTo(exposed.size());
  }

  @Test
  void connectShouldNotBeginAfterItsDeadline() {
    Exposed exposed = disk("vol1");
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.connect("vol1", exposed.connection(), null, passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(anythingLeftOf(exposed)).isFalse();
    }
  }

  @Test
  void connectShouldSayWhatIsWhenInterrupted() {
    Exposed exposed = disk("vol1");
    Checks.interrupted(patience(), () -> connect("vol1", exposed));
    assertThat(connect("vol1", exposed).size()).isEqualTo(exposed.size());
  }

  @Test
  void lunsOfOneTargetShouldBeServedAtOnce() {
    List<Exposed> disks =
        List.of(0, 1, 2, 10).stream().map(lun -> sharing("vol" + lun, "shared", lun)).toList();
    List<String> names = List.of("vol0", "vol1", "vol2", "vol10");
    for (int round = 0; round < 3; round++) {
      List<Device> devices = atOnce(4, patience(), i -> () -> connect(names.get(i), disks.get(i)));
      assertThat(devices).extracting(Device::path).doesNotHaveDuplicates();
      assertThat(devices).extracting(d -> d.attachment().wwn()).doesNotHaveDuplicates();
      atOnce(
          4,
          patience(),
          i ->
              () -> {
                disconnect(names.get(i), disks.get(i), devices.get(i));
                return i;
              });
      assertThat(anythingLeftOf(disks.get(0))).isFalse();
    }
  }

  @Test
  void disconnectShouldForgetTheTargetAndSucceedAgain() {
    Exposed exposed = twoPaths("vol1");
    Device device = connect("vol1", exposed);
    for (int i = 0; i < REPEATS; i++) {
      disconnect("vol1", exposed, device);
      assertThat(find("vol1", exposed, device)).isEmpty();
      assertThat(anythingLeftOf(exposed)).isFalse();
    }
  }

  @Test
  void disconnectShouldSucceedForWhatWasNeverConnected() {
    Exposed exposed = disk("vol1");
    disconnect("vol1", exposed, (String) null);
    disconnect("vol1", exposed, "3600140500000000000000000000000ff");
    assertThat(connect("vol1", exposed).size()).isEqualTo(exposed.size());
  }

  @Test
  void disconnectShouldSucceedWhenTheTargetIsGone() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    vanish(exposed);
    disconnect("vol1", exposed, device);
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void disconnectShouldEndWhenNoPathIsLeft() {
    Exposed exposed = twoPaths("vol1");
    Device device = connect("vol1", exposed);
    exposed.connection().paths().forEach(path -> cut(path.portal()));
    disconnect("vol1", exposed, device);
    assertThat(anythingLeftOf(exposed)).isFalse();
    exposed.connection().paths().forEach(path -> restore(path.portal()));
  }

  @Test
  void disconnectShouldRefuseADeviceThatIsOpenAndNameTheHolder() {
    Exposed exposed = twoPaths("vol1");
    Device device = connect("vol1", exposed);
    try (Holder holder = hold(device)) {
      for (String wwn : new String[] {device.attachment().wwn(), null}) {
        VmStoreException failure =
            assertRefused(ErrorCode.FAILED_PRECONDITION, () -> disconnect("vol1", exposed, wwn));
        assertThat(failure.toString() + failure.details()).contains(holder.name());
      }
      assertThat(find("vol1", exposed, device)).contains(device);
      write(device, new byte[] {5});
      assertThat(read(device, 1)).containsExactly(5);
    }
    disconnect("vol1", exposed, device);
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void disconnectShouldRemoveWhatIsThereWhenItsNameIsNotKnown() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    disconnect("vol1", exposed, (String) null);
    assertThat(find("vol1", exposed, device)).isEmpty();
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void disconnectShouldNotTouchAnotherDiskInThePlaceOfTheOneRecorded() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    swap(exposed);
    assertThat(find("vol1", exposed, device)).isEmpty();
    disconnect("vol1", exposed, device);
    assertThat(anythingLeftOf(exposed)).isTrue();
  }

  @Test
  void disconnectShouldLeaveTheOtherPathsOfTheDisk() {
    assumeTrue(multipath(), "one path is all there is");
    Exposed exposed = twoPaths("vol1");
    List<IscsiPath> paths = exposed.connection().paths();
    Exposed first = part(exposed, paths.get(0));
    Exposed second = part(exposed, paths.get(1));
    Device device = connect("vol1", first);
    connect("vol2", second);
    disconnect("vol2", second, device);
    assertThat(find("vol1", first, device)).contains(device);
    write(device, new byte[] {1});
  }

  private static Exposed part(Exposed exposed, IscsiPath path) {
    return new Exposed(over(exposed.connection(), List.of(path)), exposed.serial(), exposed.size());
  }

  @Test
  void disconnectShouldNotBeginAfterItsDeadline() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> connector.disconnect("vol1", exposed.connection(), null, passed()));
    if (!failure.outcomeUnknown()) {
      assertThat(find("vol1", exposed, device)).contains(device);
    }
  }

  @Test
  void disconnectShouldSayWhatIsWhenInterrupted() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    if (Checks.interrupted(patience(), () -> disconnect("vol1", exposed, device))) {
      assertThat(find("vol1", exposed, device)).isEmpty();
    }
    disconnect("vol1", exposed, device);
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void findShouldShowOnlyTheDiskAskedFor() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    assertThat(
            connector.find(
                "vol1", exposed.connection(), "3600140500000000000000000000000ff", soon()))
        .isEmpty();
    assertThat(find("vol1", exposed, device)).contains(device);
  }

  @Test
  void findShouldNotShowADeviceWithoutAPathThatWorks() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    cut(path(exposed).portal());
    eventually(() -> find("vol1", exposed, device).isEmpty());
    restore(path(exposed).portal());
    eventually(() -> find("vol1", exposed, device).isPresent());
  }

  @Test
  void extendShouldShowTheNewSizeOnEveryPath() {
    Exposed exposed = twoPaths("vol1");
    Device device = connect("vol1", exposed);
    String wwn = device.attachment().wwn();
    assertThat(connector.extend("vol1", exposed.connection(), wwn, soon())).isEqualTo(device);
    ByteSize larger = ByteSize.mebibytes(48);
    grow(exposed, larger);
    Device extended = connector.extend("vol1", exposed.connection(), wwn, soon());
    assertThat(extended.size()).isEqualTo(larger);
    assertThat(extended.path()).isEqualTo(device.path());
    assertThat(find("vol1", exposed, device)).contains(extended);
  }

  @Test
  void extendShouldFailWithNotFoundWhenNotConnected() {
    Exposed exposed = disk("vol1");
    assertRefused(
        ErrorCode.NOT_FOUND,
        () ->
            connector.extend(
                "vol1", exposed.connection(), "3600140500000000000000000000000ff", soon()));
  }

  @Test
  void extendShouldRefuseAnotherDisk() {
    Exposed exposed = disk("vol1");
    Device device = connect("vol1", exposed);
    swap(exposed);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> connector.extend("vol1", exposed.connection(), device.attachment().wwn(), soon()));
  }

  @Test
  void connectionsShouldOutliveTheConnector() {
    Exposed exposed = disk("vol1");
    Device before = connect("vol1", exposed);
    connector.close();
    connector = open();
    assertThat(find("vol1", exposed, before)).contains(before);
    assertThat(connect("vol1", exposed)).isEqualTo(before);
    disconnect("vol1", exposed, before);
    assertThat(anythingLeftOf(exposed)).isFalse();
  }

  @Test
  void callsAfterCloseShouldFailWithUnavailable() {
    Exposed exposed = disk("vol1");
    connector.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> connector.connectorInfo());
    assertRefused(ErrorCode.UNAVAILABLE, () -> connect("vol1", exposed));
    assertRefused(ErrorCode.UNAVAILABLE, () -> disconnect("vol1", exposed, (String) null));
    assertRefused(
        ErrorCode.UNAVAILABLE, () -> connector.find("vol1", exposed.connection(), "wwn", soon()));
    assertRefused(
        ErrorCode.UNAVAILABLE, () -> connector.extend("vol1", exposed.connection(), "wwn", soon()));
    assertThatCode(connector::close).doesNotThrowAnyException();
  }
}
