package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.CallOptions;
import io.vmstore.ManagedVolumes;
import io.vmstore.core.ManagedHost;
import io.vmstore.core.SystemScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.testkit.contract.VolumeConnectorContract.Exposed;
import io.vmstore.testkit.fault.FaultPlan;
import io.vmstore.testkit.fault.FaultPlan.Fault;
import io.vmstore.testkit.fault.Gate;
import io.vmstore.testkit.fault.PortCall;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What {@link ManagedVolumes} promises, on any connector and any store. A subclass gives both, and
 * plays the array, the guest and the accident where it can.
 */
public abstract class ManagedVolumesContract {
  private final FaultPlan faults = new FaultPlan();
  private Running running;

  private record Running(
      ManagedHost host, VolumeConnector connector, StateStore store, SystemScheduler scheduler) {}

  /**
   * {@return a connector of the machine; each call opens another on the same kernel}
   *
   * @param between is to be run between any two changes to the machine, if that can be done
   */
  protected abstract VolumeConnector connector(Runnable between);

  /** {@return the records of the host; each call opens them again, after they were closed} */
  protected abstract StateStore store();

  /**
   * {@return a new disk of 16 MiB at a LUN of a target, which is made with so many portals when it
   * is not there}
   */
  protected abstract Exposed expose(String target, int lun, int portals);

  /** {@return the sessions, devices and links that the machine has of such targets} */
  protected abstract List<String> leftovers();

  /** Ends everything the kernel has. */
  protected void reboot() {
    throw cannot("reboot");
  }

  /** Puts another disk in the place of this one. */
  protected void swap(Exposed exposed) {
    throw cannot("show a wrong disk");
  }

  /** Takes a path off the network, or puts it back. */
  protected void setUp(IscsiPath path, boolean up) {
    throw cannot("cut a path");
  }

  /** Lets the disk's owner give it another size. */
  protected void grow(Exposed exposed, ByteSize size) {
    throw cannot("grow a disk");
  }

  /** Holds a device open. */
  protected Holder hold(DevicePath device) {
    throw cannot("hold a device");
  }

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(20);
  }

  @BeforeEach
  final void startHost() {
    running = start();
  }

  @AfterEach
  final void stopHost() {
    faults.clear();
    ids().forEach(this::detach);
    stop();
  }

  private Running start() {
    SystemScheduler scheduler = SystemScheduler.create("testkit");
    VolumeConnector connector = connector(faults::step);
    StateStore store = store();
    ManagedHost host =
        ManagedHost.builder()
            .connector(faults.wrap(connector))
            .store(faults.wrap(store))
            .scheduler(scheduler)
            .start();
    return new Running(host, connector, store, scheduler);
  }

  private void stop() {
    running.connector().close();
    running.store().close();
    running.scheduler().close();
  }

  /** Ends the process, wherever it is, and starts it again on what it left. */
  private void restart() {
    stop();
    faults.clear();
    running = start();
    // Shorter than recovered(), which looks once more after a pause.
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(patience())
        .until(() -> info().stream().allMatch(volume -> volume.path() != null));
    faults.clear();
  }

  private ManagedVolumes volumes() {
    return running.host().volumes();
  }

  private CallOptions options() {
    return CallOptions.within(patience());
  }

  private <T> T answer(CompletableFuture<T> future) {
    return Checks.answer(future, patience().plusSeconds(5));
  }

  private CompletableFuture<ManagedVolume> attaching(String id, IscsiConnection connection) {
    return volumes().attachVolume(id, connection, options());
  }

  private ManagedVolume attach(String id, Exposed exposed) {
    return answer(attaching(id, exposed.connection()));
  }

  private void detach(String id) {
    answer(volumes().detachVolume(id, options()));
  }

  private List<ManagedVolume> info(String... ids) {
    return answer(volumes().volumesInfo(Set.of(ids), options()));
  }

  private ManagedVolume one(String id) {
    List<ManagedVolume> found = info(id);
    assertThat(found).as("info of %s", id).hasSize(1);
    return found.get(0);
  }

  private List<String> ids() {
    return info().stream().map(ManagedVolume::id).toList();
  }

  private void assertNothingLeft() {
    assertThat(info()).as("volumes").isEmpty();
    assertThat(leftovers()).as("left on the machine").isEmpty();
    assertThat(running.store().readAll()).as("records").isEmpty();
  }

  /** The machine has what the records say, and nothing else. */
  private void assertTruth() {
    List<ManagedVolume> volumes = info();
    boolean here = volumes.stream().anyMatch(ManagedVolume::exists);
    assertThat(leftovers().stream().anyMatch(line -> line.startsWith("device ")))
        .as("%s with %s", volumes, leftovers())
        .isEqualTo(here);
    assertThat(running.store().readAll().keySet()).containsExactlyInAnyOrderElementsOf(ids());
    assertThat(volumes).as("not half attached").allMatch(volume -> volume.path() != null);
  }

  private static IscsiConnection withSerial(IscsiConnection like, String serial) {
    return new IscsiConnection(
        like.paths(), like.chap(), like.access(), null, false, serial, Map.of(), Map.of());
  }

  private static IscsiConnection over(Exposed exposed, int path) {
    return IscsiConnection.over(List.of(exposed.connection().paths().get(path)));
  }

  @Test
  void connectorInfoShouldBeTheConnectors() {
    assertThat(answer(volumes().connectorInfo(options())))
        .isEqualTo(running.connector().connectorInfo());
  }

  @Test
  void attachShouldAnswerWithTheDeviceAndRememberIt() {
    Exposed exposed = expose("vol1", 1, 2);
    ManagedVolume volume = attach("vol1", exposed);
    assertThat(volume.id()).isEqualTo("vol1");
    assertThat(volume.connection()).isEqualTo(exposed.connection());
    assertThat(volume.exists()).isTrue();
    assertThat(volume.path()).isNotNull();
    assertThat(volume.attachment()).isNotNull();
    assertThat(volume.size()).isEqualTo(exposed.size());
    assertThat(info()).containsExactly(volume);
    restart();
    assertThat(info("vol1")).containsExactly(volume);
  }

  @Test
  void attachAgainShouldBeTheSameAnswer() {
    Exposed exposed = expose("vol1", 1, 2);
    ManagedVolume first = attach("vol1", exposed);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(attach("vol1", exposed)).isEqualTo(first);
    }
  }

  @Test
  void attachShouldRefuseAnotherConnection() {
    Exposed exposed = expose("vol1", 1, 1);
    ManagedVolume volume = attach("vol1", exposed);
    IscsiConnection readOnly =
        new IscsiConnection(
            exposed.connection().paths(),
            new ChapLogin("u", "s3cret", null, null),
            AccessMode.READ_ONLY,
            null,
            false,
            null,
            Map.of("qos_specs", "s3cret"),
            Map.of());
    VmStoreException failure =
        assertRefused(ErrorCode.ALREADY_EXISTS, () -> answer(attaching("vol1", readOnly)));
    assertThat(failure.toString())
        .contains("access_mode", "the login", "qos_specs")
        .doesNotContain("s3cret");
    assertThat(info()).containsExactly(volume);
  }

  @Test
  void attachShouldRefuseAPathOfAnotherId() {
    Exposed exposed = expose("vol1", 1, 2);
    ManagedVolume volume = attach("vol1", exposed);
    assertRefused(ErrorCode.ALREADY_EXISTS, () -> answer(attaching("vol2", exposed.connection())));
    assertRefused(ErrorCode.ALREADY_EXISTS, () -> answer(attaching("vol2", over(exposed, 1))));
    assertThat(info()).containsExactly(volume);
  }

  @Test
  void attachShouldRefuseTheDiskOfAnotherIdOverAnotherPath() {
    Exposed exposed = expose("vol1", 1, 2);
    ManagedVolume volume = answer(attaching("vol1", over(exposed, 0)));
    List<String> before = leftovers();
    assertRefused(ErrorCode.ALREADY_EXISTS, () -> answer(attaching("vol2", over(exposed, 1))));
    assertThat(info()).containsExactly(volume);
    assertThat(leftovers()).isEqualTo(before);
  }

  @Test
  void volumesShouldShareATarget() {
    Exposed first = expose("shared", 1, 1);
    Exposed second = expose("shared", 10, 1);
    ManagedVolume one = attach("vol1", first);
    ManagedVolume ten = attach("vol10", second);
    assertThat(one.path()).isNotEqualTo(ten.path());
    detach("vol1");
    assertThat(info()).containsExactly(ten);
    detach("vol10");
    assertNothingLeft();
  }

  @Test
  void aFailedAttachShouldLeaveNothing() {
    Exposed exposed = expose("vol1", 1, 1);
    IscsiConnection wrong = withSerial(exposed.connection(), "another disk");
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> answer(attaching("vol1", wrong)));
    assertNothingLeft();
    IscsiPath path = exposed.connection().paths().get(0);
    IscsiConnection nowhere =
        IscsiConnection.over(List.of(new IscsiPath(path.portal(), path.target(), 77)));
    assertRefused(ErrorCode.NOT_FOUND, () -> answer(attaching("vol1", nowhere)));
    assertNothingLeft();
    assertThat(attach("vol1", exposed).exists()).isTrue();
  }

  @Test
  void anAttachWithoutAPathShouldLeaveNothing() {
    Exposed exposed = expose("vol1", 1, 1);
    setUp(exposed.connection().paths().get(0), false);
    assertRefused(ErrorCode.UNAVAILABLE, () -> attach("vol1", exposed));
    assertNothingLeft();
    setUp(exposed.connection().paths().get(0), true);
  }

  @Test
  void anAttachThatFailsAtAnyStepShouldLeaveNothing() {
    Exposed exposed = expose("vol1", 1, 2);
    List<PortCall> calls = callsOf(() -> attach("vol1", exposed));
    detach("vol1");
    for (int i = 0; i < calls.size(); i++) {
      for (boolean after : new boolean[] {false, true}) {
        faults.clear();
        faultAt(calls, i, after).fail(ErrorCode.UNAVAILABLE);
        assertRefused(ErrorCode.UNAVAILABLE, () -> attach("vol1", exposed));
        faults.clear();
        assertNothingLeft();
      }
    }
  }

  @Test
  void anAttachThatCannotBeUndoneShouldBeUndoneLater() {
    Exposed exposed = expose("vol1", 1, 2);
    faults.after(PortCall.VOLUME_CONNECT).fail(ErrorCode.INTERNAL);
    faults.before(PortCall.VOLUME_DISCONNECT).fail(ErrorCode.UNAVAILABLE);
    VmStoreException failure = assertFails(ErrorCode.INTERNAL, () -> attach("vol1", exposed));
    assertThat(failure.outcomeUnknown()).isTrue();
    faults.clear();
    ManagedVolume volume = attach("vol1", exposed);
    assertThat(info()).containsExactly(volume);
    detach("vol1");
    assertNothingLeft();
  }

  @Test
  void theHostShouldSayWhenItHasRecovered() {
    Exposed exposed = expose("vol1", 1, 2);
    faults.after(PortCall.VOLUME_CONNECT).crash();
    Checks.failureOf(() -> attach("vol1", exposed));
    restart();
    answer(running.host().recovered());
    assertNothingLeft();
  }

  @Test
  void aCrashAtAnyStepOfAnAttachShouldLeaveTheTruth() {
    Exposed exposed = expose("vol1", 1, 2);
    List<PortCall> calls = callsOf(() -> attach("vol1", exposed));
    detach("vol1");
    crashAtEach(
        calls,
        () -> attaching("vol1", exposed.connection()),
        () -> {
          assertThat(attach("vol1", exposed).exists()).isTrue();
          detach("vol1");
        });
  }

  @Test
  void aCrashAtAnyStepOfADetachShouldLeaveTheTruth() {
    Exposed exposed = expose("vol1", 1, 2);
    attach("vol1", exposed);
    List<PortCall> calls = callsOf(() -> detach("vol1"));
    crashAtEach(
        calls,
        () ->
            attaching("vol1", exposed.connection())
                .thenCompose(volume -> volumes().detachVolume("vol1", options())),
        () -> detach("vol1"));
  }

  @Test
  void aCrashInAnAttachOfWhatARebootTookShouldLeaveTheTruth() {
    Exposed exposed = expose("vol1", 1, 2);
    attach("vol1", exposed);
    reboot();
    List<PortCall> calls = callsOf(() -> attach("vol1", exposed));
    detach("vol1");
    crashAtEach(
        calls,
        () ->
            attaching("vol1", exposed.connection())
                .thenCompose(
                    volume -> {
                      reboot();
                      return attaching("vol1", exposed.connection());
                    }),
        () -> {
          attach("vol1", exposed);
          detach("vol1");
        });
  }

  /** The row may be gone from the store, though not from the memory of the host. */
  @Test
  void aCrashInAnAttachAfterADetachOfUnknownOutcomeShouldLeaveTheTruth() {
    Exposed exposed = expose("vol1", 1, 2);
    attach("vol1", exposed);
    faults.after(PortCall.STATE_REMOVE).fail(ErrorCode.UNAVAILABLE);
    assertThat(assertFails(ErrorCode.UNAVAILABLE, () -> detach("vol1")).outcomeUnknown()).isTrue();
    faults.clear();
    faults.after(PortCall.VOLUME_CONNECT).crash();
    Checks.failureOf(() -> attach("vol1", exposed));
    restart();
    assertTruth();
    detach("vol1");
    assertNothingLeft();
  }

  /** The work dies once before and once after each of its calls; then all is as it should be. */
  private void crashAtEach(
      List<PortCall> calls, Supplier<CompletableFuture<?>> work, Runnable end) {
    for (int i = 0; i < calls.size(); i++) {
      for (boolean after : new boolean[] {false, true}) {
        faults.clear();
        faultAt(calls, i, after).crash();
        Checks.failureOf(() -> answer(work.get()));
        restart();
        assertTruth();
        end.run();
        assertNothingLeft();
      }
    }
  }

  private Fault faultAt(List<PortCall> calls, int index, boolean after) {
    PortCall call = calls.get(index);
    int number = Collections.frequency(calls.subList(0, index + 1), call);
    return after ? faults.after(call, number) : faults.before(call, number);
  }

  private List<PortCall> callsOf(Runnable action) {
    faults.clear();
    action.run();
    List<PortCall> calls = faults.calls();
    faults.clear();
    return calls;
  }

  @Test
  void detachShouldForgetTheVolumeAndSucceedAgain() {
    attach("vol1", expose("vol1", 1, 2));
    for (int i = 0; i < REPEATS; i++) {
      detach("vol1");
      assertNothingLeft();
    }
    detach("never-heard-of");
  }

  @Test
  void detachShouldSucceedWhenTheDeviceIsGone() {
    attach("vol1", expose("vol1", 1, 2));
    reboot();
    detach("vol1");
    assertNothingLeft();
  }

  @Test
  void detachShouldRefuseADeviceThatIsOpen() {
    ManagedVolume volume = attach("vol1", expose("vol1", 1, 2));
    try (Holder holder = hold(Objects.requireNonNull(volume.path()))) {
      VmStoreException failure = assertRefused(ErrorCode.FAILED_PRECONDITION, () -> detach("vol1"));
      assertThat(failure.toString() + failure.details()).contains(holder.name());
      assertThat(info()).containsExactly(volume);
    }
    detach("vol1");
    assertNothingLeft();
  }

  @Test
  void aRebootShouldBeSeenAndMendedByAttachingAgain() {
    Exposed exposed = expose("vol1", 1, 2);
    ManagedVolume before = attach("vol1", exposed);
    reboot();
    restart();
    ManagedVolume gone = one("vol1");
    assertThat(gone.exists()).isFalse();
    assertThat(gone.path()).isEqualTo(before.path());
    assertThat(gone.size()).isNull();
    assertThat(attach("vol1", exposed)).isEqualTo(before);
  }

  @Test
  void anotherDiskBehindTheSameAddressShouldBeRefusedAndNotTouched() {
    Exposed exposed = expose("vol1", 1, 1);
    attach("vol1", exposed);
    reboot();
    swap(exposed);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach("vol1", exposed));
    assertThat(one("vol1").exists()).isFalse();
    assertThat(leftovers()).isEmpty();
    detach("vol1");
    assertThat(attach("vol1", exposed).exists()).isTrue();
  }

  @Test
  void aDiskThatIsSwappedUnderTheDeviceShouldNotExist() {
    Exposed exposed = expose("vol1", 1, 1);
    attach("vol1", exposed);
    swap(exposed);
    assertThat(one("vol1").exists()).isFalse();
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach("vol1", exposed));
    assertRefused(
        ErrorCode.FAILED_PRECONDITION, () -> answer(volumes().extendVolume("vol1", options())));
    List<String> before = leftovers().stream().filter(line -> line.startsWith("dev")).toList();
    detach("vol1");
    assertThat(leftovers()).containsAll(before);
    assertThat(info()).isEmpty();
    reboot();
  }

  @Test
  void existsShouldFollowThePath() {
    Exposed exposed = expose("vol1", 1, 1);
    ManagedVolume volume = attach("vol1", exposed);
    setUp(exposed.connection().paths().get(0), false);
    Awaitility.await().atMost(patience()).until(() -> !one("vol1").exists());
    setUp(exposed.connection().paths().get(0), true);
    Awaitility.await()
        .atMost(patience())
        .untilAsserted(() -> assertThat(one("vol1")).isEqualTo(volume));
  }

  @Test
  void extendShouldAnswerWithTheNewSize() {
    Exposed exposed = expose("vol1", 1, 2);
    ManagedVolume volume = attach("vol1", exposed);
    assertThat(answer(volumes().extendVolume("vol1", options()))).isEqualTo(volume);
    ByteSize larger = ByteSize.mebibytes(48);
    grow(exposed, larger);
    ManagedVolume extended = answer(volumes().extendVolume("vol1", options()));
    assertThat(extended.size()).isEqualTo(larger);
    assertThat(extended.path()).isEqualTo(volume.path());
    assertThat(info()).containsExactly(extended);
  }

  @Test
  void extendShouldFailWithNotFoundWhenNotAttached() {
    assertRefused(ErrorCode.NOT_FOUND, () -> answer(volumes().extendVolume("vol1", options())));
    attach("vol1", expose("vol1", 1, 1));
    reboot();
    assertRefused(ErrorCode.NOT_FOUND, () -> answer(volumes().extendVolume("vol1", options())));
  }

  @Test
  void volumesInfoShouldShowThoseAskedForInOrder() {
    assertThat(info()).isEmpty();
    Stream.of("vol2", "vol10", "vol1").forEach(id -> attach(id, expose(id, 1, 1)));
    assertThat(ids()).containsExactly("vol1", "vol10", "vol2");
    assertThat(info("vol2", "vol1", "unknown"))
        .extracting(ManagedVolume::id)
        .containsExactly("vol1", "vol2");
    assertThat(info("unknown")).isEmpty();
  }

  @Test
  void anIdOutsideItsGrammarShouldBeRefused() {
    Exposed exposed = expose("vol1", 1, 1);
    for (String id : List.of("", "../vol1", ".vol1", "a/b", "a b", "x".repeat(129))) {
      assertRefused(ErrorCode.INVALID_ARGUMENT, () -> attach(id, exposed));
      assertRefused(ErrorCode.INVALID_ARGUMENT, () -> detach(id));
      assertRefused(ErrorCode.INVALID_ARGUMENT, () -> info(id));
    }
    assertNothingLeft();
  }

  @Test
  void callsForOneIdShouldWaitForOneAnotherAndNotForOthers() {
    Exposed first = expose("shared", 1, 1);
    Gate gate = faults.before(PortCall.VOLUME_CONNECT).block();
    CompletableFuture<ManagedVolume> attaching = attaching("vol1", first.connection());
    gate.awaitReached(patience());
    CompletableFuture<ManagedVolume> again = attaching("vol1", first.connection());
    CompletableFuture<Void> detaching = volumes().detachVolume("vol1", options());
    assertThat(attach("vol2", expose("shared", 2, 1)).exists()).isTrue();
    assertThat(one("vol1").exists()).isFalse();
    assertThat(again).isNotDone();
    assertThat(detaching).isNotDone();
    gate.release();
    assertThat(answer(attaching)).isEqualTo(answer(again));
    answer(detaching);
    assertThat(ids()).containsExactly("vol2");
  }

  @Test
  void aCallShouldBeBusyWhenItsTurnDoesNotCome() {
    Exposed exposed = expose("vol1", 1, 1);
    Gate gate = faults.before(PortCall.VOLUME_CONNECT).block();
    CompletableFuture<ManagedVolume> attaching = attaching("vol1", exposed.connection());
    gate.awaitReached(patience());
    CallOptions shortly = CallOptions.within(Duration.ofMillis(800));
    assertRefused(ErrorCode.BUSY, () -> answer(volumes().detachVolume("vol1", shortly)));
    assertRefused(
        ErrorCode.BUSY,
        () -> answer(volumes().attachVolume("vol2", exposed.connection(), shortly)));
    gate.release();
    assertThat(answer(attaching).exists()).isTrue();
  }

  @Test
  void theIntentShouldBeDurableBeforeTheFirstEffect() {
    Exposed exposed = expose("vol1", 1, 1);
    List<PortCall> calls = callsOf(() -> attach("vol1", exposed));
    assertThat(calls.indexOf(PortCall.STATE_WRITE))
        .isLessThan(calls.indexOf(PortCall.VOLUME_CONNECT));
    assertThat(callsOf(() -> detach("vol1")))
        .startsWith(PortCall.VOLUME_DISCONNECT)
        .endsWith(PortCall.STATE_REMOVE);
  }

  @Test
  void whatTheConnectionCarriesShouldSurvive() {
    Exposed exposed = expose("vol1", 1, 1);
    IscsiConnection carrying =
        new IscsiConnection(
            exposed.connection().paths(),
            null,
            AccessMode.READ_ONLY,
            true,
            false,
            exposed.serial(),
            Collections.singletonMap("qos_specs", null),
            Map.of("connector", Map.of("host", "vm1")));
    ManagedVolume volume = answer(attaching("vol1", carrying));
    restart();
    assertThat(info()).containsExactly(volume);
    assertThat(volume.connection()).isEqualTo(carrying);
    assertThat(answer(attaching("vol1", carrying))).isEqualTo(volume);
  }
}
