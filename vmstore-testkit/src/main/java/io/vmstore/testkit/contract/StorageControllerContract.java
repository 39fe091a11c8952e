package io.vmstore.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.ZvolStatus;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.desired.NasStorageController;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredState;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.Step;
import io.vmstore.desired.StorageController;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.testkit.fault.Gate;
import io.vmstore.testkit.fault.PortCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * What desired states promise, whatever lies between the controller and the NAS and whatever that
 * works on. A subclass says how to start a {@link Cluster}.
 */
public abstract class StorageControllerContract extends RoleContract {
  private static final NodeName NAS = Cluster.NAS;
  private static final ByteSize LARGER = ByteSize.mebibytes(24);
  private static final ByteSize LARGEST = ByteSize.mebibytes(32);
  private static final int AT_ONCE = 4;

  private final SystemScheduler scheduler = SystemScheduler.create("testkit");

  @AfterEach
  final void stopWaiting() {
    scheduler.close();
  }

  private StorageController controller() {
    return over(cluster().nas());
  }

  private StorageController over(NasService nas) {
    return new NasStorageController(name -> nas, scheduler);
  }

  private DesiredVolume present(String name) {
    return DesiredVolume.present(NAS, zvol(name), SIZE);
  }

  private DesiredVolume absent(String name) {
    return DesiredVolume.absent(NAS, zvol(name));
  }

  private DesiredVolume connected(String name, NodeName host) {
    return DesiredVolume.connected(NAS, zvol(name), host);
  }

  private DesiredVolume disconnected(String name) {
    return DesiredVolume.disconnected(NAS, zvol(name));
  }

  private DesiredVolume extended(String name, ByteSize size) {
    return DesiredVolume.extended(NAS, zvol(name), size);
  }

  private CompletableFuture<List<VolumeOutcome>> ensuring(
      StorageController controller, CallOptions options, DesiredVolume... volumes) {
    return controller.ensure(DesiredDocument.of(volumes), options, AT_ONCE, EnsureProgress.NONE);
  }

  private VolumeOutcome ensure(DesiredVolume volume) {
    return answer(ensuring(controller(), options(), volume)).get(0);
  }

  private VolumePlan plan(DesiredVolume volume) {
    return answer(controller().plan(DesiredDocument.of(volume), options())).get(0);
  }

  /** Applies it twice, as whoever does not know whether it was applied. */
  private VolumeOutcome changedOnce(DesiredVolume volume) {
    List<Step> planned = plan(volume).steps();
    VolumeOutcome first = ensure(volume);
    assertThat(first.result()).as("%s", first).isEqualTo(Result.CHANGED);
    assertThat(first.done()).isEqualTo(planned).isNotEmpty();
    assertUnchanged(volume);
    return first;
  }

  private void assertUnchanged(DesiredVolume volume) {
    List<ZvolStatus> before = list();
    assertThat(plan(volume).steps()).isEmpty();
    VolumeOutcome outcome = ensure(volume);
    assertThat(outcome.result()).as("%s", outcome).isEqualTo(Result.UNCHANGED);
    assertThat(outcome.done()).isEmpty();
    assertThat(list()).isEqualTo(before);
  }

  private VmStoreException refused(ErrorCode code, DesiredVolume volume) {
    List<ZvolStatus> before = list();
    assertThat(plan(volume).refused()).isPresent();
    VolumeOutcome outcome = ensure(volume);
    assertThat(outcome.result()).isEqualTo(Result.FAILED);
    VmStoreException failure = Objects.requireNonNull(outcome.failure());
    assertThat(failure.code()).as("%s", failure).isEqualTo(code);
    assertThat(list()).isEqualTo(before);
    return failure;
  }

  @Test
  void everyStateShouldBeChangedOnceAndThenUnchanged() {
    assertThat(changedOnce(present("vol1")).status().orElseThrow().state())
        .isEqualTo(MappingState.UNMAPPED);
    VolumeOutcome connected = changedOnce(connected("vol1", HOST));
    Mapping mapping = connected.status().flatMap(ZvolStatus::currentMapping).orElseThrow();
    cluster().storage().write(HOST, mapping.stablePath(), new byte[] {7});
    assertUnchanged(present("vol1"));
    changedOnce(disconnected("vol1"));
    changedOnce(connected("vol1", OTHER_HOST).ofSize(SIZE));
    changedOnce(disconnected("vol1"));
    assertThat(changedOnce(absent("vol1")).status()).isEmpty();
    assertUnchanged(disconnected("vol1"));
    assertNothingLeft();
  }

  @Test
  void connectedShouldCreateAVolumeOnlyWithASize() {
    refused(ErrorCode.NOT_FOUND, connected("vol1", HOST));
    changedOnce(connected("vol1", HOST).ofSize(SIZE));
    assertThat(status("vol1").host()).isEqualTo(HOST);
  }

  @Test
  void aVolumeShouldBeTakenFromNoHostButTheOneThatIsNamed() {
    map("vol1", HOST);
    VmStoreException failure =
        refused(ErrorCode.FAILED_PRECONDITION, connected("vol1", OTHER_HOST));
    assertThat(failure.getMessage()).contains("'" + HOST + "'");
    refused(ErrorCode.FAILED_PRECONDITION, connected("vol1", OTHER_HOST).takenFrom(OTHER_HOST));
    refused(ErrorCode.FAILED_PRECONDITION, absent("vol1"));
    assertUnchanged(
        new DesiredVolume(
            NAS, zvol("vol1"), disconnected("vol1").state(), null, OTHER_HOST, null, null));
    changedOnce(connected("vol1", OTHER_HOST).takenFrom(HOST));
    assertThat(devices(HOST)).isEmpty();
    changedOnce(absent("vol1").takenFrom(OTHER_HOST));
    assertNothingLeft();
  }

  @Test
  void aDeviceInUseShouldStayWhereItIsAndItsHolderBeNamed() throws Exception {
    Mapping mapping = map("vol1", HOST);
    try (Holder holder = cluster().storage().hold(HOST, mapping.stablePath())) {
      VolumeOutcome outcome = ensure(disconnected("vol1"));
      assertThat(outcome.result()).isEqualTo(Result.FAILED);
      assertThat(Objects.requireNonNull(outcome.failure()).code())
          .isEqualTo(ErrorCode.FAILED_PRECONDITION);
      assertThat(outcome.status().flatMap(ZvolStatus::currentMapping)).contains(mapping);
      assertThat(holder).isNotNull();
    }
    changedOnce(disconnected("vol1"));
  }

  @Test
  void aSizeShouldBeTheLeastAndNeverMakeAVolumeLargerOrSmallerByItself() {
    changedOnce(present("vol1"));
    assertUnchanged(DesiredVolume.present(NAS, zvol("vol1"), ByteSize.mebibytes(1)));
    refused(ErrorCode.FAILED_PRECONDITION, DesiredVolume.present(NAS, zvol("vol1"), LARGER));
    refused(ErrorCode.FAILED_PRECONDITION, connected("vol1", HOST).ofSize(LARGER));
    refused(ErrorCode.FAILED_PRECONDITION, extended("vol1", ByteSize.mebibytes(1)));
    refused(ErrorCode.NOT_FOUND, extended("vol2", LARGER));
    assertUnchanged(extended("vol1", SIZE));
  }

  @Test
  void extendedShouldGrowAVolumeWhereItIs() {
    map("vol1", HOST);
    VolumeOutcome grown = changedOnce(extended("vol1", LARGER));
    assertThat(grown.status().flatMap(ZvolStatus::currentMapping).map(Mapping::size))
        .contains(LARGER);
    assertThat(devices(HOST)).extracting(AttachedDevice::size).containsExactly(LARGER);
    assertUnchanged(connected("vol1", HOST).ofSize(LARGER));
    unmap("vol1");
    changedOnce(extended("vol1", LARGEST));
    assertThat(status("vol1").size()).isEqualTo(LARGEST);
    VmStoreException failure = refused(ErrorCode.FAILED_PRECONDITION, extended("vol1", LARGER));
    assertThat(failure.getMessage()).contains(LARGEST.toString());
  }

  @Test
  void aHostThatAttachesByItselfShouldBeToldHow() {
    Iqn initiator = new Iqn("iqn.2026-11.com.example:host1");
    DesiredVolume wish = connected("vol1", HOST).ofSize(SIZE).attachedBy(initiator);
    IscsiConnection connection = Objects.requireNonNull(changedOnce(wish).connection());
    assertThat(connection.serial())
        .isEqualTo(status("vol1").currentExposure().orElseThrow().id().toString());
    assertThat(ensure(wish).connection()).isEqualTo(connection);
    refused(ErrorCode.FAILED_PRECONDITION, connected("vol1", HOST));
    refused(
        ErrorCode.FAILED_PRECONDITION, wish.attachedBy(new Iqn("iqn.2026-11.com.example:host2")));
    changedOnce(disconnected("vol1"));
  }

  @Test
  void oneThatFailsShouldLeaveTheOthersWhatTheyAre() {
    map("vol1", HOST);
    List<VolumeOutcome> outcomes =
        answer(ensuring(controller(), options(), present("vol10"), absent("vol1"), absent("vol2")));
    assertThat(outcomes)
        .extracting(VolumeOutcome::result)
        .containsExactly(Result.CHANGED, Result.FAILED, Result.UNCHANGED);
    assertThat(outcomes)
        .extracting(outcome -> outcome.volume().zvol())
        .containsExactly(zvol("vol10"), zvol("vol1"), zvol("vol2"));
  }

  @Test
  void aVolumeThatAnotherOperationHoldsShouldBeWaitedFor() {
    Gate held = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<Mapping> other = mapping("vol1", HOST);
    held.awaitReached(patience());
    CompletableFuture<List<VolumeOutcome>> applied =
        ensuring(controller(), options(), present("vol1"));
    VolumeOutcome early =
        answer(ensuring(controller(), shortly(), connected("vol1", HOST).ofSize(SIZE))).get(0);
    assertThat(early.result()).isEqualTo(Result.FAILED);
    assertThat(Objects.requireNonNull(early.failure()).code()).isEqualTo(ErrorCode.BUSY);
    assertThat(applied).isNotDone();
    held.release();
    answer(other);
    assertThat(answer(applied).get(0).result()).isEqualTo(Result.UNCHANGED);
  }

  @Test
  void volumesWhoseTurnDoesNotComeShouldBeFailedAndUntouched() {
    Gate held = faults().before(PortCall.ZVOL_ENSURE).block();
    List<VolumeOutcome> outcomes =
        answer(
            controller()
                .ensure(
                    DesiredDocument.of(present("vol1"), present("vol2")),
                    shortly(),
                    1,
                    EnsureProgress.NONE));
    assertThat(outcomes)
        .map(outcome -> Objects.requireNonNull(outcome.failure()))
        .extracting(VmStoreException::outcomeUnknown)
        .containsExactly(true, false);
    assertThat(Objects.requireNonNull(outcomes.get(1).failure()).code())
        .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    held.release();
    settle(NAS);
  }

  /** {@return wishes that take several steps or one, with what must be before each} */
  private List<DesiredVolume> journeys(String name) {
    return List.of(
        present(name),
        connected(name, HOST),
        connected(name, OTHER_HOST).takenFrom(HOST),
        extended(name, LARGER),
        disconnected(name),
        extended(name, LARGEST),
        connected(name, HOST).ofSize(SIZE),
        absent(name).takenFrom(HOST),
        connected(name, HOST).ofSize(SIZE),
        disconnected(name),
        absent(name));
  }

  @Test
  void anApplierKilledAtAnyCallShouldBeEndedByTheNext() {
    int number = 0;
    for (boolean sent : List.of(false, true)) {
      for (int wish = 0; wish < journeys("any").size(); wish++) {
        for (int at = 0; at < 2; at++) {
          List<DesiredVolume> journey = journeys("vol" + number++);
          journey.subList(0, wish).forEach(this::ensure);
          killedAndAppliedAgain(journey.get(wish), at, sent);
          unmapIfThere(journey.get(0).zvol().name());
          delete(journey.get(0).zvol().name());
        }
      }
    }
    assertNothingLeft();
  }

  private void killedAndAppliedAgain(DesiredVolume wish, int at, boolean sent) {
    CallOptions options = options();
    CutNas cut = new CutNas(cluster().nas(), at, sent, false);
    CompletableFuture<List<VolumeOutcome>> first = ensuring(over(cut.service()), options, wish);
    answer(CompletableFuture.anyOf(cut.reached, first));
    // Under the same name, the whole is one call: it changed something, whoever of the two did.
    VolumeOutcome second = answer(ensuring(controller(), options, wish)).get(0);
    assertThat(second.failure()).as("%s, call %s, sent %s", wish, at, sent).isNull();
    boolean traceless = wish.state() == DesiredState.ABSENT && sent;
    if (!first.isDone() && !traceless) {
      assertThat(second.result())
          .as("%s, call %s, sent %s", wish, at, sent)
          .isEqualTo(Result.CHANGED);
    }
    assertUnchanged(wish);
  }

  @Test
  void aLostAnswerShouldNeitherFailNorHideTheChange() {
    int number = 0;
    for (int wish = 0; wish < journeys("any").size(); wish++) {
      for (int at = 0; at < 2; at++) {
        List<DesiredVolume> journey = journeys("vol" + number++);
        journey.subList(0, wish).forEach(this::ensure);
        CutNas cut = new CutNas(cluster().nas(), at, true, true);
        VolumeOutcome outcome =
            answer(ensuring(over(cut.service()), options(), journey.get(wish))).get(0);
        assertThat(outcome.result()).as("%s, call %s", outcome, at).isEqualTo(Result.CHANGED);
        unmapIfThere(journey.get(0).zvol().name());
        delete(journey.get(0).zvol().name());
      }
    }
  }

  @Test
  void everyStepShouldBeTakenByExactlyOneOfSeveralAppliers() {
    DesiredVolume[] created = volumes(name -> connected(name, HOST).ofSize(SIZE));
    assertThat(stepsOfAppliersAtOnce(created)).hasSize(2 * created.length).doesNotHaveDuplicates();
    assertThat(stepsOfAppliersAtOnce(volumes(name -> extended(name, LARGER)))).hasSize(3);
    DesiredVolume[] moved = volumes(name -> connected(name, OTHER_HOST).takenFrom(HOST));
    assertThat(stepsOfAppliersAtOnce(moved)).hasSize(2 * moved.length).doesNotHaveDuplicates();
    DesiredVolume[] deleted = volumes(name -> absent(name).takenFrom(OTHER_HOST));
    assertThat(stepsOfAppliersAtOnce(deleted)).hasSize(2 * deleted.length);
    assertNothingLeft();
  }

  private static DesiredVolume[] volumes(Function<String, DesiredVolume> wish) {
    return Stream.of("vol1", "vol10", "vol2").map(wish).toArray(DesiredVolume[]::new);
  }

  private List<String> stepsOfAppliersAtOnce(DesiredVolume... volumes) {
    List<List<VolumeOutcome>> all =
        Checks.atOnce(
            3,
            patience().plusSeconds(5),
            applier -> () -> answer(ensuring(controller(), options(), volumes)));
    List<String> steps = new ArrayList<>();
    for (VolumeOutcome outcome : all.stream().flatMap(List::stream).toList()) {
      assertThat(outcome.failure()).isNull();
      boolean changed = outcome.result() == Result.CHANGED;
      assertThat(changed).as("%s", outcome).isEqualTo(!outcome.done().isEmpty());
      outcome.done().forEach(step -> steps.add(outcome.volume().zvol() + ": " + step));
    }
    return steps;
  }

  @Test
  void ofAppliersThatWantOneVolumeForDifferentHostsOneShouldBeRefused() {
    ensure(present("vol1"));
    List<VolumeOutcome> outcomes =
        Checks.atOnce(
            2,
            patience().plusSeconds(5),
            applier -> () -> ensure(connected("vol1", applier == 0 ? HOST : OTHER_HOST)));
    assertThat(outcomes)
        .extracting(VolumeOutcome::result)
        .containsExactlyInAnyOrder(Result.CHANGED, Result.FAILED);
    assertThat(cluster().storage().writers(zvol("vol1"))).hasSize(1);
  }

  @Test
  void aNasThatIsAwayShouldFailItsVolumes() {
    assumeTrue(cluster().remote(), "a role that is called directly cannot be away");
    cluster().stop(NAS);
    VolumeOutcome outcome = ensure(present("vol1"));
    assertThat(Objects.requireNonNull(outcome.failure()).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(outcome.look()).isNull();
    assertThat(plan(present("vol1")).refused()).isPresent();
    cluster().startNas();
    settle(NAS);
    changedOnce(present("vol1"));
  }

  @RepeatedTest(3)
  void anythingAppliedTwiceShouldBeUnchangedTheSecondTime() {
    long seed = Long.getLong("vmstore.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 40; i++) {
      DesiredVolume wish = anything(random);
      VolumeOutcome first = ensure(wish);
      VolumeOutcome second = ensure(wish);
      assertThat(second.result())
          .as("%s after %s, vmstore.seed=%s", second, first, seed)
          .isEqualTo(first.result() == Result.FAILED ? Result.FAILED : Result.UNCHANGED);
      assertThat(second.status()).isEqualTo(first.status());
    }
  }

  private DesiredVolume anything(Random random) {
    String name = List.of("vol1", "vol10").get(random.nextInt(2));
    NodeName host = List.of(HOST, OTHER_HOST).get(random.nextInt(2));
    NodeName from = random.nextBoolean() ? HOST : OTHER_HOST;
    return switch (random.nextInt(6)) {
      case 0 -> present(name);
      case 1 -> absent(name).takenFrom(from);
      case 2 -> connected(name, host).takenFrom(from);
      case 3 -> connected(name, host).ofSize(SIZE);
      case 4 -> extended(name, random.nextBoolean() ? LARGER : SIZE);
      default -> disconnected(name);
    };
  }
}
