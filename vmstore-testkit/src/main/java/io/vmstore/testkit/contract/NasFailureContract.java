package io.vmstore.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.AttachedDevice;
import io.vmstore.ZvolStatus;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.testkit.fault.PortCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;

/**
 * What holds after a failure at any step of an operation: each port call that a clean run makes is
 * made to fail, once before its effect and once after it, when its outcome is unknown to the
 * caller.
 */
public abstract class NasFailureContract extends RoleContract {
  private static final ByteSize LARGER = ByteSize.mebibytes(32);
  private static final ErrorCode PLANNED = ErrorCode.RESOURCE_EXHAUSTED;

  /** One step of an operation, made to fail. */
  private record Step(List<PortCall> calls, int index, boolean after) {
    @Override
    public String toString() {
      return (after ? "after " : "before ") + "call " + index + " of " + calls;
    }
  }

  /** Runs a check for each step, at a volume of its own. */
  private void atEachStep(List<PortCall> calls, ObjIntConsumer<Step> check) {
    List<Step> steps = new ArrayList<>();
    for (int index = 0; index < calls.size(); index++) {
      steps.add(new Step(calls, index, false));
      steps.add(new Step(calls, index, true));
    }
    for (int i = 0; i < steps.size(); i++) {
      check.accept(steps.get(i), i);
      recover();
    }
  }

  /** Lets the NAS recover, which {@link #failing} has kept from it, and waits until it has. */
  private void recover() {
    faults().clear();
    settle(Cluster.NAS);
  }

  private void holdRecovery() {
    faults().before(PortCall.EXPORT_LIST).block();
  }

  /** It fails, and until {@link #recover} the NAS does nothing about it by itself. */
  private VmStoreException failing(Step step, Runnable action) {
    faults().clear();
    holdRecovery();
    faultAt(step.calls(), step.index(), step.after()).fail(PLANNED);
    VmStoreException failure = Checks.failureOf(action::run);
    assertThat(failure.code()).as("%s: %s", step, failure).isEqualTo(PLANNED);
    return failure;
  }

  private List<PortCall> callsOfMap() {
    List<PortCall> calls = callsOf(() -> map("probe", HOST));
    unmap("probe");
    delete("probe");
    assertThat(calls).contains(PortCall.ZVOL_ENSURE, PortCall.CONNECT_CONNECT);
    return calls;
  }

  @Test
  void mapThatFailsAtAnyStepShouldLeaveNothing() {
    atEachStep(
        callsOfMap(),
        (step, i) -> {
          VmStoreException failure = failing(step, () -> map("vol" + i, HOST));
          assertThat(failure.outcomeUnknown()).as("outcomeUnknown, %s", step).isFalse();
          assertThat(list()).as("%s", step).isEmpty();
          assertNothingLeft();
        });
  }

  @Test
  void mapThatFailedAtAnyStepShouldSucceedWhenRepeated() {
    atEachStep(
        callsOfMap(),
        (step, i) -> {
          failing(step, () -> map("vol" + i, HOST));
          Mapping mapping = map("vol" + i, OTHER_HOST);
          assertThat(devices(OTHER_HOST)).as("%s", step).hasSize(i + 1);
          assertThat(status("vol" + i).currentMapping()).as("%s", step).contains(mapping);
          assertThat(devices(HOST)).as("%s", step).isEmpty();
        });
  }

  @Test
  void mapThatFailsShouldKeepAVolumeItDidNotCreate() {
    atEachStep(
        callsOfMap(),
        (step, i) -> {
          cluster().storage().createForeignVolume(zvol("vol" + i), SIZE);
          failing(step, () -> map("vol" + i, HOST));
          assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
          assertNothingMapped();
          Mapping mapping = map("vol" + i, HOST);
          assertThat(devices(HOST)).as("%s", step).hasSize(1);
          cluster().storage().write(HOST, mapping.stablePath(), new byte[] {1});
          unmap("vol" + i);
        });
  }

  @Test
  void mapThatFailsShouldKeepAVolumeThatWasMappedBefore() {
    List<PortCall> calls = callsOfMap();
    atEachStep(
        calls,
        (step, i) -> {
          Mapping before = map("vol" + i, HOST);
          cluster().storage().write(HOST, before.stablePath(), new byte[] {1, 2, 3});
          unmap("vol" + i);
          failing(step, () -> map("vol" + i, OTHER_HOST));
          assertNothingMapped();
          Mapping after = map("vol" + i, HOST);
          assertThat(after.id()).as("%s", step).isEqualTo(before.id());
          assertThat(after.generation()).as("%s", step).isGreaterThan(before.generation());
          assertThat(cluster().storage().read(HOST, after.stablePath(), 3))
              .as("%s", step)
              .containsExactly(1, 2, 3);
          unmap("vol" + i);
        });
  }

  @Test
  void mapThatCannotBeUndoneShouldSayThatItsOutcomeIsUnknown() {
    holdRecovery();
    faults().before(PortCall.CONNECT_CONNECT).fail(PLANNED);
    faults().before(PortCall.EXPORT_UNEXPORT).fail(ErrorCode.UNAVAILABLE);
    VmStoreException failure = Checks.assertFails(PLANNED, () -> map("vol1", HOST));
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(status("vol1").state()).isEqualTo(MappingState.MAPPING);
    Checks.assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map("vol1", OTHER_HOST));
    unmap("vol1");
    assertNothingMapped();
    assertThat(map("vol1", OTHER_HOST).host()).isEqualTo(OTHER_HOST);
  }

  @Test
  void mapThatCouldNotBeUndoneShouldBeUndoneByTheNas() {
    faults().before(PortCall.CONNECT_CONNECT).fail(PLANNED);
    faults().before(PortCall.EXPORT_UNEXPORT).fail(ErrorCode.UNAVAILABLE);
    Checks.assertFails(PLANNED, () -> map("vol1", HOST));
    recover();
    assertNothingLeft();
  }

  @Test
  void mapThatCouldNotBeUndoneShouldSucceedWhenRepeated() {
    holdRecovery();
    faults().before(PortCall.CONNECT_CONNECT).fail(PLANNED);
    faults().before(PortCall.EXPORT_UNEXPORT).fail(ErrorCode.UNAVAILABLE);
    Checks.assertFails(PLANNED, () -> map("vol1", HOST));
    Mapping mapping = map("vol1", HOST);
    assertThat(status("vol1").currentMapping()).contains(mapping);
    assertThat(devices(HOST)).hasSize(1);
  }

  @Test
  void unmapThatFailsAtAnyStepShouldEitherKeepTheMappingOrSayThatItMayBeGone() {
    map("probe", HOST);
    List<PortCall> calls = callsOf(() -> unmap("probe"));
    assertThat(calls).contains(PortCall.CONNECT_DISCONNECT, PortCall.EXPORT_UNEXPORT);
    atEachStep(
        calls,
        (step, i) -> {
          Mapping mapping = map("vol" + i, HOST);
          VmStoreException failure = failing(step, () -> unmap("vol" + i));
          if (!failure.outcomeUnknown()) {
            assertThat(status("vol" + i).currentMapping()).as("%s", step).contains(mapping);
            assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.MAPPED);
            assertThat(devices(HOST)).as("%s", step).hasSize(1);
            cluster().storage().write(HOST, mapping.stablePath(), new byte[] {1});
          }
          unmap("vol" + i);
          assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
          assertNothingMapped();
        });
  }

  @Test
  void unmapThatFailedAtAnyStepShouldBeEndedByTheNas() {
    map("probe", HOST);
    List<PortCall> calls = callsOf(() -> unmap("probe"));
    atEachStep(
        calls,
        (step, i) -> {
          Mapping mapping = map("vol" + i, HOST);
          failing(step, () -> unmap("vol" + i));
          recover();
          if (status("vol" + i).state() == MappingState.MAPPED) {
            assertThat(status("vol" + i).currentMapping()).as("%s", step).contains(mapping);
            assertThat(devices(HOST)).as("%s", step).hasSize(1);
            unmap("vol" + i);
          }
          assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
          assertNothingMapped();
        });
  }

  @Test
  void forcedUnmapThatFailedAtAnyStepShouldBeEndedByTheNas() {
    map("probe", HOST);
    List<PortCall> calls = callsOf(() -> forceUnmap("probe"));
    settle(Cluster.NAS);
    assertThat(calls).contains(PortCall.EXPORT_UNEXPORT);
    // What follows the answer, telling the node, is no step of it.
    List<PortCall> steps = calls.subList(0, calls.lastIndexOf(PortCall.EXPORT_UNEXPORT) + 2);
    atEachStep(
        steps,
        (step, i) -> {
          Mapping mapping = map("vol" + i, HOST);
          failing(step, () -> forceUnmap("vol" + i));
          recover();
          if (status("vol" + i).state() == MappingState.MAPPED) {
            assertThat(status("vol" + i).currentMapping()).as("%s", step).contains(mapping);
            forceUnmap("vol" + i);
            settle(Cluster.NAS);
          }
          assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
          assertNothingMapped();
        });
  }

  @Test
  void unmapThatFailedAtAnyStepShouldNotLetTwoHostsIn() {
    map("probe", HOST);
    List<PortCall> calls = callsOf(() -> unmap("probe"));
    atEachStep(
        calls,
        (step, i) -> {
          map("vol" + i, HOST);
          failing(step, () -> unmap("vol" + i));
          try {
            map("vol" + i, OTHER_HOST);
            assertThat(devices(HOST)).as("%s", step).isEmpty();
          } catch (VmStoreException e) {
            assertThat(e.code()).as("%s", step).isEqualTo(ErrorCode.FAILED_PRECONDITION);
          }
          unmap("vol" + i);
          assertNothingMapped();
        });
  }

  private List<PortCall> callsOfGrow() {
    map("probe", HOST);
    List<PortCall> calls = callsOf(() -> grow("probe", LARGER));
    unmap("probe");
    delete("probe");
    assertThat(calls).contains(PortCall.ZVOL_GROW, PortCall.CONNECT_EXTEND);
    return calls;
  }

  @Test
  void growThatFailsAtAnyStepShouldKeepTheSizeOrSayThatItMayBeLarger() {
    atEachStep(
        callsOfGrow(),
        (step, i) -> {
          Mapping before = map("vol" + i, HOST);
          VmStoreException failure = failing(step, () -> grow("vol" + i, LARGER));
          if (!failure.outcomeUnknown()) {
            assertThat(status("vol" + i).size()).as("%s", step).isEqualTo(before.size());
          }
          ByteSize size = grow("vol" + i, LARGER);
          assertSizes("vol" + i, size, step);
        });
  }

  @Test
  void growThatFailedAtAnyStepShouldBeEndedByTheNas() {
    atEachStep(
        callsOfGrow(),
        (step, i) -> {
          map("vol" + i, HOST);
          failing(step, () -> grow("vol" + i, LARGER));
          recover();
          assertSizes("vol" + i, status("vol" + i).knownSize().orElseThrow(), step);
          unmap("vol" + i);
        });
  }

  /** The volume, its record and its device agree. */
  private void assertSizes(String name, ByteSize size, Step step) {
    Mapping mapping = map(name, HOST);
    assertThat(mapping.size()).as("%s", step).isEqualTo(size);
    assertThat(status(name).size()).as("%s", step).isEqualTo(size);
    assertThat(devices(HOST))
        .as("%s", step)
        .filteredOn(device -> device.volume().equals(mapping.id()))
        .extracting(AttachedDevice::size)
        .containsExactly(size);
  }

  @Test
  void exposeThatFailsAtAnyStepShouldLeaveNothingAndSucceedWhenRepeated() {
    List<PortCall> calls = callsOf(() -> expose("probe", HOST));
    unmap("probe");
    delete("probe");
    assertThat(calls).contains(PortCall.EXPORT_EXPORT).doesNotContain(PortCall.CONNECT_INITIATOR);
    atEachStep(
        calls,
        (step, i) -> {
          VmStoreException failure = failing(step, () -> expose("vol" + i, HOST));
          assertThat(failure.outcomeUnknown()).as("outcomeUnknown, %s", step).isFalse();
          assertNothingLeft();
          assertThat(expose("vol" + i, OTHER_HOST).host()).as("%s", step).isEqualTo(OTHER_HOST);
          unmap("vol" + i);
          delete("vol" + i);
        });
  }

  @Test
  void unmapOfAnExposureThatFailedAtAnyStepShouldBeEndedByTheNas() {
    expose("probe", HOST);
    List<PortCall> calls = callsOf(() -> unmap("probe"));
    assertThat(calls).contains(PortCall.EXPORT_UNEXPORT);
    atEachStep(
        calls,
        (step, i) -> {
          Exposure exposure = expose("vol" + i, HOST);
          failing(step, () -> unmap("vol" + i));
          recover();
          if (status("vol" + i).state() == MappingState.MAPPED) {
            assertThat(expose("vol" + i, HOST)).as("%s", step).isEqualTo(exposure);
            unmap("vol" + i);
          }
          assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
          assertNothingMapped();
        });
  }

  @Test
  void deleteThatFailedAtAnyStepShouldBeEndedByTheNas() {
    map("probe", HOST);
    unmap("probe");
    List<PortCall> calls = callsOf(() -> delete("probe"));
    atEachStep(
        calls,
        (step, i) -> {
          map("vol" + i, HOST);
          unmap("vol" + i);
          failing(step, () -> delete("vol" + i));
          recover();
          for (ZvolStatus kept : list()) {
            assertThat(kept.state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
            delete(kept.zvol().name());
          }
          assertNothingLeft();
        });
  }

  @Test
  void deleteThatFailsAtAnyStepShouldEitherKeepTheVolumeOrSayThatItMayBeGone() {
    map("probe", HOST);
    unmap("probe");
    List<PortCall> calls = callsOf(() -> delete("probe"));
    assertThat(calls).contains(PortCall.ZVOL_DELETE);
    atEachStep(
        calls,
        (step, i) -> {
          Mapping before = map("vol" + i, HOST);
          unmap("vol" + i);
          VmStoreException failure = failing(step, () -> delete("vol" + i));
          if (!failure.outcomeUnknown()) {
            assertThat(status("vol" + i).state()).as("%s", step).isEqualTo(MappingState.UNMAPPED);
            assertThat(map("vol" + i, HOST).id()).as("%s", step).isEqualTo(before.id());
            unmap("vol" + i);
          }
          delete("vol" + i);
          assertNothingLeft();
          assertThat(map("vol" + i, HOST).id()).as("%s", step).isNotEqualTo(before.id());
          unmap("vol" + i);
          delete("vol" + i);
        });
  }
}
