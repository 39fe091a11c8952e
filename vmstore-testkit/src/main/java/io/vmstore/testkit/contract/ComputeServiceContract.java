package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Admission;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.fault.Gate;
import io.vmstore.testkit.fault.PortCall;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What a compute node promises to a NAS, whatever lies between them and whatever it works on. A
 * subclass says how to start a {@link Cluster}.
 */
public abstract class ComputeServiceContract extends RoleContract {
  private static final long GENERATION = 7;
  private static final ChapSecrets SECRETS =
      new ChapSecrets("initiators0secret", "targets0own0secret");

  private ComputeService compute() {
    return cluster().compute(HOST);
  }

  /** Exports a new volume, as the NAS would. */
  private AttachTarget exported(String name, NodeName host) {
    Storage storage = cluster().storage();
    try (ZvolManager zvols = storage.zvolManager();
        TargetExporter exporter = storage.targetExporter();
        TargetConnector connector = storage.targetConnector(host)) {
      VolumeId id = VolumeId.random();
      Zvol zvol = zvols.ensure(zvol(name), id, SIZE, soon());
      ChapSecrets chap = exporter.chap() == ChapMode.NONE ? null : SECRETS;
      Admission admitted = new Admission(connector.initiator(), chap);
      Export export = exporter.export(zvol, id, GENERATION, admitted, soon());
      return new AttachTarget(export.target(), id, GENERATION, chap);
    }
  }

  private static AttachTarget numbered(AttachTarget request, long generation) {
    return new AttachTarget(request.target(), request.volume(), generation, request.chap());
  }

  private static DetachTarget end(AttachTarget request, long generation) {
    return new DetachTarget(request.target(), request.volume(), generation);
  }

  private AttachedDevice attach(AttachTarget request) {
    return answer(compute().attach(request, options()));
  }

  private void detach(AttachTarget request) {
    answer(compute().detach(end(request, request.generation()), options()));
  }

  private void assertNothingAttached() {
    assertThat(devices(HOST)).isEmpty();
    try (TargetConnector connector = cluster().storage().targetConnector(HOST)) {
      assertThat(connector.list(soon())).isEmpty();
    }
    assertThat(differences(HOST)).isEmpty();
  }

  @Test
  void initiatorShouldBeTheNameTheNodeLogsInWith() {
    Iqn initiator = answer(compute().initiator(options()));
    try (TargetConnector connector = cluster().storage().targetConnector(HOST)) {
      assertThat(initiator).isEqualTo(connector.initiator());
    }
    assertThat(answer(cluster().compute(OTHER_HOST).initiator(options()))).isNotEqualTo(initiator);
  }

  @Test
  void attachShouldReturnTheDevice() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    assertThat(device.volume()).isEqualTo(request.volume());
    assertThat(device.target().iqn()).isEqualTo(request.target().iqn());
    assertThat(device.size()).isGreaterThanOrEqualTo(SIZE);
    cluster().storage().write(HOST, device.stablePath(), new byte[] {1, 2});
    assertThat(cluster().storage().read(HOST, device.device(), 2)).containsExactly(1, 2);
    assertThat(devices(HOST)).containsExactly(device);
    assertThat(devices(OTHER_HOST)).isEmpty();
  }

  @Test
  void attachAgainShouldReturnTheSameDevice() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice first = attach(request);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(attach(request)).isEqualTo(first);
    }
    assertThat(devices(HOST)).containsExactly(first);
  }

  private ResizeTarget grown(AttachTarget request) {
    try (ZvolManager zvols = cluster().storage().zvolManager()) {
      Zvol zvol = zvols.grow(zvol("vol1"), request.volume(), ByteSize.mebibytes(32), soon());
      return new ResizeTarget(
          request.target(), request.volume(), request.generation(), zvol.size());
    }
  }

  private AttachedDevice resize(ResizeTarget request) {
    return answer(compute().resize(request, options()));
  }

  @Test
  void resizeShouldShowTheNewSizeOfADeviceInUse() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice before = attach(request);
    try (Holder holder = cluster().storage().hold(HOST, before.device())) {
      assertThat(holder.name()).isNotBlank();
      ResizeTarget resize = grown(request);
      AttachedDevice after = resize(resize);
      assertThat(after.size()).isEqualTo(resize.size());
      assertThat(after.stablePath()).isEqualTo(before.stablePath());
      assertThat(resize(resize)).isEqualTo(after);
      assertThat(devices(HOST)).containsExactly(after);
    }
  }

  @Test
  void resizeShouldRefuseWhatIsNotAttached() {
    AttachTarget request = exported("vol1", HOST);
    ResizeTarget resize = new ResizeTarget(request.target(), request.volume(), GENERATION, SIZE);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> resize(resize));
    attach(request);
    ResizeTarget older = new ResizeTarget(request.target(), request.volume(), GENERATION - 1, SIZE);
    VmStoreException failure = assertRefused(ErrorCode.FAILED_PRECONDITION, () -> resize(older));
    assertThat(failure.details())
        .containsEntry(ComputeService.NEWER_GENERATION, Long.toString(GENERATION));
    detach(request);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> resize(resize));
    assertNothingAttached();
  }

  @Test
  void resizeShouldNotBelieveInASizeThatIsNotThere() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    ResizeTarget larger =
        new ResizeTarget(request.target(), request.volume(), GENERATION, ByteSize.mebibytes(32));
    assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> answer(compute().resize(larger, shortly())));
    assertThat(devices(HOST)).containsExactly(device);
  }

  @Test
  void attachShouldRefuseAnOlderGenerationThanAttached() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(numbered(request, GENERATION - 1)));
    assertThat(devices(HOST)).containsExactly(device);
  }

  @Test
  void attachShouldTakeANewerGeneration() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    assertThat(attach(numbered(request, GENERATION + 1))).isEqualTo(device);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(request));
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> detach(request));
    assertThat(devices(HOST)).containsExactly(device);
  }

  @Test
  void attachShouldRefuseAnOlderGenerationAfterARestart() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    cluster().stop(HOST);
    cluster().startCompute(HOST);
    assertThat(devices(HOST)).containsExactly(device);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(numbered(request, GENERATION - 1)));
    assertThat(attach(request)).isEqualTo(device);
    detach(request);
    assertNothingAttached();
  }

  @Test
  void attachShouldFailWithPermissionDeniedWhenNotAdmitted() {
    AttachTarget request = exported("vol1", OTHER_HOST);
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> attach(request));
    assertNothingAttached();
  }

  @Test
  void attachShouldRefuseAWrongDisk() {
    AttachTarget request = exported("vol1", HOST);
    cluster().storage().swapSerial(request.volume());
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(request));
    assertNothingAttached();
  }

  @Test
  void attachShouldRefuseAnotherVolumeThanAskedFor() {
    AttachTarget request = exported("vol1", HOST);
    AttachTarget other =
        new AttachTarget(request.target(), VolumeId.random(), GENERATION, request.chap());
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(other));
    assertNothingAttached();
    assertThat(attach(request).volume()).isEqualTo(request.volume());
  }

  @Test
  void attachThatHangsShouldBeAnsweredInTime() {
    AttachTarget request = exported("vol1", HOST);
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED, () -> answer(compute().attach(request, shortly())));
    assertThat(failure.outcomeUnknown()).isTrue();
    gate.release();
    detach(request);
    assertNothingAttached();
  }

  @Test
  void attachThatFailsAtAnyStepShouldLeaveNothingOnceDetached() {
    AttachTarget probe = exported("probe", HOST);
    List<PortCall> calls = callsOf(() -> attach(probe));
    detach(probe);
    for (int i = 0; i < 2 * calls.size(); i++) {
      AttachTarget request = exported("vol" + i, HOST);
      faultAt(calls, i / 2, i % 2 == 1).fail(ErrorCode.RESOURCE_EXHAUSTED);
      VmStoreException failure = assertFails(ErrorCode.RESOURCE_EXHAUSTED, () -> attach(request));
      faults().clear();
      if (failure.outcomeUnknown()) {
        detach(request);
      }
      assertNothingAttached();
    }
  }

  @Test
  void operationsOfOneVolumeShouldWaitForTheirTurn() {
    AttachTarget request = exported("vol1", HOST);
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<AttachedDevice> attach = compute().attach(request, options());
    gate.awaitReached(patience());
    CompletableFuture<AttachedDevice> again = compute().attach(request, options());
    VmStoreException failure =
        Checks.failureOf(() -> answer(compute().detach(end(request, GENERATION), untilRefused())));
    assertThat(failure.code()).isEqualTo(ErrorCode.BUSY);
    gate.release();
    assertThat(answer(again)).isEqualTo(answer(attach));
    detach(request);
    assertNothingAttached();
  }

  @Test
  void differentVolumesShouldNotWaitForOneAnother() {
    AttachTarget slow = exported("vol1", HOST);
    AttachTarget fast = exported("vol10", HOST);
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<AttachedDevice> hanging = compute().attach(slow, options());
    gate.awaitReached(patience());
    attach(fast);
    detach(fast);
    assertThat(hanging).isNotDone();
    gate.release();
    assertThat(answer(hanging).volume()).isEqualTo(slow.volume());
  }

  @Test
  void theSameOperationShouldGetTheFirstAnswer() {
    assumeTrue(cluster().remote(), "operations are told apart where requests arrive");
    AttachTarget request = exported("vol1", HOST);
    CallOptions once = options().as(new OperationId("op-1"));
    AttachedDevice first = answer(compute().attach(request, once));
    detach(request);
    assertThat(answer(compute().attach(request, once))).isEqualTo(first);
    assertNothingAttached();
  }

  @Test
  void detachShouldGiveTheDeviceBack() {
    AttachTarget request = exported("vol1", HOST);
    AttachTarget other = exported("vol10", HOST);
    attach(request);
    AttachedDevice stays = attach(other);
    detach(request);
    assertThat(devices(HOST)).containsExactly(stays);
    detach(other);
    assertNothingAttached();
  }

  @Test
  void detachAgainShouldSucceed() {
    AttachTarget request = exported("vol1", HOST);
    attach(request);
    for (int i = 0; i < REPEATS; i++) {
      detach(request);
    }
    assertNothingAttached();
  }

  @Test
  void detachOfWhatWasNeverAttachedShouldSucceed() {
    detach(exported("vol1", HOST));
    assertNothingAttached();
  }

  @Test
  void attachShouldRefuseAGenerationThatWasDetached() {
    AttachTarget request = exported("vol1", HOST);
    detach(request); // it overtook the attach that it undoes
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(request));
    cluster().stop(HOST);
    cluster().startCompute(HOST);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(numbered(request, GENERATION - 1)));
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> attach(request));
    assertNothingAttached();
    assertThat(attach(numbered(request, GENERATION + 1)).volume()).isEqualTo(request.volume());
  }

  @Test
  void detachShouldRefuseAnOlderGenerationThanAttached() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    assertRefused(
        ErrorCode.FAILED_PRECONDITION,
        () -> answer(compute().detach(end(request, GENERATION - 1), options())));
    assertThat(devices(HOST)).containsExactly(device);
  }

  @Test
  void detachShouldRefuseAnOpenDeviceAndNameTheHolder() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    try (Holder holder = cluster().storage().hold(HOST, device.device())) {
      VmStoreException failure =
          assertRefused(ErrorCode.FAILED_PRECONDITION, () -> detach(request));
      assertThat(failure.toString() + failure.details()).contains(holder.name());
      assertThat(devices(HOST)).containsExactly(device);
      cluster().storage().write(HOST, device.device(), new byte[] {1});
    }
    detach(request);
    assertNothingAttached();
  }

  @Test
  void detachThatFailsAtAnyStepShouldEitherKeepTheDeviceOrSayThatItMayBeGone() {
    AttachTarget probe = exported("probe", HOST);
    attach(probe);
    List<PortCall> calls = callsOf(() -> detach(probe));
    for (int i = 0; i < 2 * calls.size(); i++) {
      AttachTarget request = exported("vol" + i, HOST);
      AttachedDevice device = attach(request);
      faultAt(calls, i / 2, i % 2 == 1).fail(ErrorCode.RESOURCE_EXHAUSTED);
      VmStoreException failure = assertFails(ErrorCode.RESOURCE_EXHAUSTED, () -> detach(request));
      faults().clear();
      if (!failure.outcomeUnknown()) {
        assertThat(devices(HOST)).containsExactly(device);
      }
      detach(request);
      assertNothingAttached();
    }
  }

  @Test
  void listDevicesShouldBeOrderedByTarget() {
    for (String name : List.of("vol2", "vol10", "vol1", "vol3", "vol4")) {
      attach(exported(name, HOST));
    }
    assertThat(devices(HOST))
        .hasSize(5)
        .isSortedAccordingTo(Comparator.comparing(device -> device.target().iqn().value()));
  }

  private List<Finding> reconcile(Repair repair) {
    return answer(compute().reconcile(repair, options()));
  }

  /** Behind the role's back. */
  private ConnectedDevice connect(AttachTarget request) {
    try (TargetConnector connector = cluster().storage().targetConnector(HOST)) {
      return connector.connect(request.target(), request.volume(), request.chap(), soon());
    }
  }

  private void disconnect(AttachTarget request) {
    try (TargetConnector connector = cluster().storage().targetConnector(HOST)) {
      connector.disconnect(request.target(), request.volume(), soon());
    }
  }

  @Test
  void reconcileShouldFindNothingWhereAllIsAsRecorded() {
    attach(exported("vol1", HOST));
    AttachTarget over = exported("vol10", HOST);
    attach(over);
    detach(over);
    assertThat(reconcile(Repair.DRY_RUN)).isEmpty();
    assertThat(reconcile(Repair.SETTLE)).isEmpty();
    assertThat(devices(HOST)).hasSize(1);
  }

  @Test
  void reconcileShouldAttachAgainWhatIsOnRecord() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    disconnect(request);
    assertThat(reconcile(Repair.DRY_RUN)).singleElement().satisfies(found(Kind.NOT_ATTACHED));
    assertThat(devices(HOST)).isEmpty();
    assertThat(reconcile(Repair.SETTLE))
        .extracting(Finding::kind, Finding::outcome)
        .containsExactly(tuple(Kind.NOT_ATTACHED, Outcome.SETTLED));
    assertThat(devices(HOST)).containsExactly(device);
    assertThat(reconcile(Repair.DRY_RUN)).isEmpty();
  }

  @Test
  void aRestartShouldAttachAgainWhatIsOnRecord() {
    AttachTarget request = exported("vol1", HOST);
    AttachedDevice device = attach(request);
    cluster().stop(HOST);
    disconnect(request);
    cluster().startCompute(HOST);
    settle(HOST);
    assertThat(devices(HOST)).containsExactly(device);
  }

  @Test
  void reconcileShouldShowAnOrphanDeviceAndDetachItWhenAsked() {
    attach(exported("vol10", HOST));
    ConnectedDevice orphan = connect(exported("vol1", HOST));
    assertThat(reconcile(Repair.DRY_RUN))
        .singleElement()
        .satisfies(found(Kind.ORPHAN_DEVICE))
        .satisfies(finding -> assertThat(finding.toString()).contains(orphan.device().value()));
    settle(HOST);
    assertThat(devices(HOST)).hasSize(2);
    assertThat(reconcile(Repair.SETTLE))
        .extracting(Finding::kind, Finding::outcome)
        .containsExactly(tuple(Kind.ORPHAN_DEVICE, Outcome.SETTLED));
    assertThat(devices(HOST)).hasSize(1);
  }

  @Test
  void reconcileShouldKeepAnOrphanDeviceThatIsOpen() {
    ConnectedDevice orphan = connect(exported("vol1", HOST));
    try (Holder holder = cluster().storage().hold(HOST, orphan.device())) {
      assertThat(reconcile(Repair.SETTLE))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.outcome()).isEqualTo(Outcome.FAILED);
                assertThat(finding.reason()).contains(holder.name());
              });
      assertThat(devices(HOST)).hasSize(1);
    }
  }

  private static Consumer<Finding> found(Kind kind) {
    return finding -> {
      assertThat(finding.kind()).isEqualTo(kind);
      assertThat(finding.outcome()).isEqualTo(Outcome.FOUND);
    };
  }

  @Test
  void anAbsentNodeShouldBeUnavailable() {
    cluster().stop(HOST);
    assertRefused(ErrorCode.UNAVAILABLE, () -> devices(HOST));
    assertThat(devices(OTHER_HOST)).isEmpty();
  }
}
