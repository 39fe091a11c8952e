package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.REPEATS;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.CreateZvol;
import io.vmstore.ExposeZvol;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import io.vmstore.spi.Admission;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.fault.Gate;
import io.vmstore.testkit.fault.PortCall;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * What a NAS promises to frontends, whatever lies between them and whatever it works on. A subclass
 * says how to start a {@link Cluster}.
 */
public abstract class NasServiceContract extends RoleContract {
  private static final ByteSize LARGER = ByteSize.mebibytes(32);

  private NasService nas() {
    return cluster().nas();
  }

  private void assertAttached(Mapping mapping) {
    AttachedDevice device =
        new AttachedDevice(
            mapping.target(), mapping.id(), mapping.device(), mapping.stablePath(), mapping.size());
    assertThat(devices(mapping.host())).contains(device);
  }

  private void write(Mapping mapping, int... bytes) {
    cluster().storage().write(mapping.host(), mapping.stablePath(), toBytes(bytes));
  }

  private byte[] read(Mapping mapping, int length) {
    return cluster().storage().read(mapping.host(), mapping.stablePath(), length);
  }

  private static byte[] toBytes(int... values) {
    byte[] bytes = new byte[values.length];
    IntStream.range(0, values.length).forEach(i -> bytes[i] = (byte) values[i]);
    return bytes;
  }

  private ZvolStatus create(String name, CallOptions options) {
    return answer(nas().createZvol(new CreateZvol(zvol(name), SIZE), options));
  }

  @Test
  void createShouldMakeAVolumeThatNobodyHasAndSayThatItDid() {
    CallOptions options = options();
    ZvolStatus created = create("vol1", options);
    assertThat(created).isEqualTo(status("vol1"));
    assertThat(created.size()).isGreaterThanOrEqualTo(SIZE);
    assertThat(created.version())
        .isEqualTo(new ZvolVersion(MappingState.UNMAPPED, false, options.operation()));
    assertNothingMapped();
    delete("vol1");
    assertNothingLeft();
  }

  @Test
  void createShouldLeaveAVolumeAloneThatIsThere() {
    Mapping mapping = map("vol1", HOST);
    ZvolStatus before = status("vol1");
    assertThat(create("vol1", options())).isEqualTo(before);
    assertAttached(mapping);
    cluster().storage().createForeignVolume(zvol("vol2"), ByteSize.mebibytes(48));
    assertThat(create("vol2", options()).size()).isEqualTo(ByteSize.mebibytes(48));
    assertThat(status("vol2").version()).isEqualTo(ZvolVersion.NONE);
  }

  @Test
  void createShouldLeaveNothingWhenItFailsAndSucceedWhenRepeated() {
    List<PortCall> calls = callsOf(() -> create("vol0", options()));
    for (int i = 0; i < calls.size(); i++) {
      faultAt(calls, i, false).fail(ErrorCode.PERMISSION_DENIED);
      assertThatThrownBy(() -> create("vol1", options())).isInstanceOf(VmStoreException.class);
      faults().clear();
      assertThat(list()).extracting(ZvolStatus::zvol).containsExactly(zvol("vol0"));
      CallOptions options = options();
      assertThat(create("vol1", options).version())
          .isEqualTo(new ZvolVersion(MappingState.UNMAPPED, false, options.operation()));
      delete("vol1");
    }
  }

  @Test
  void mapOfACreatedVolumeThatFailsShouldKeepIt() {
    create("vol1", options());
    faults().before(PortCall.CONNECT_CONNECT).fail(ErrorCode.PERMISSION_DENIED);
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> map("vol1", HOST));
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
    map("vol1", HOST);
  }

  @Test
  void mapShouldCreateAnAbsentVolumeAndHandItOver() {
    Mapping mapping = map("vol1", HOST);
    assertThat(mapping.zvol()).isEqualTo(zvol("vol1"));
    assertThat(mapping.host()).isEqualTo(HOST);
    assertThat(mapping.size()).isGreaterThanOrEqualTo(SIZE);
    assertThat(mapping.target().iqn().value()).contains(mapping.id().toString());
    assertThat(mapping.generation()).isPositive();
    assertAttached(mapping);
    assertThat(devices(OTHER_HOST)).isEmpty();
  }

  @Test
  void mapShouldGiveADeviceThatKeepsBytes() {
    Mapping mapping = map("vol1", HOST);
    write(mapping, 1, 2, 3);
    assertThat(read(mapping, 4)).containsExactly(1, 2, 3, 0);
  }

  @Test
  void mapShouldAdoptAVolumeAndReportItsTrueSize() {
    cluster().storage().createForeignVolume(zvol("vol1"), ByteSize.mebibytes(48));
    Mapping mapping = map("vol1", HOST);
    assertThat(mapping.size()).isEqualTo(ByteSize.mebibytes(48));
    assertThat(status("vol1").size()).isEqualTo(ByteSize.mebibytes(48));
    assertAttached(mapping);
  }

  @Test
  void mapAgainShouldGiveTheSameAnswer() {
    Mapping first = map("vol1", HOST);
    write(first, 7);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(map("vol1", HOST)).isEqualTo(first);
    }
    assertThat(devices(HOST)).hasSize(1);
    assertThat(read(first, 1)).containsExactly(7);
  }

  @Test
  void mapAgainShouldKeepTheSizeOfTheFirst() {
    Mapping first = map("vol1", HOST);
    MapZvol larger = new MapZvol(zvol("vol1"), HOST, ByteSize.mebibytes(64));
    assertThat(answer(nas().mapZvol(larger, options()))).isEqualTo(first);
  }

  @Test
  void mapShouldBeRefusedWhenMappedElsewhere() {
    Mapping mapping = map("vol1", HOST);
    VmStoreException failure =
        assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map("vol1", OTHER_HOST));
    assertThat(failure.toString()).contains("'" + HOST + "'");
    assertThat(status("vol1").currentMapping()).contains(mapping);
    assertAttached(mapping);
    assertThat(devices(OTHER_HOST)).isEmpty();
  }

  @Test
  void mapAfterUnmapShouldCarryTheBytesToAnotherHost() {
    Mapping before = map("vol1", HOST);
    write(before, 1, 2, 3);
    unmap("vol1");
    Mapping after = map("vol1", OTHER_HOST);
    assertThat(after.id()).isEqualTo(before.id());
    assertThat(after.generation()).isGreaterThan(before.generation());
    assertThat(read(after, 3)).containsExactly(1, 2, 3);
    assertThat(devices(HOST)).isEmpty();
  }

  @Test
  void mapShouldFailWithUnavailableAndLeaveNothingWhenTheHostIsAbsent() {
    VmStoreException failure =
        assertRefused(ErrorCode.UNAVAILABLE, () -> map("vol1", Cluster.ABSENT_HOST));
    assertThat(failure.toString()).contains("'" + Cluster.ABSENT_HOST + "'");
    assertNothingLeft();
    assertThat(list()).isEmpty();
  }

  @Test
  void mapShouldSucceedOnceTheHostIsBack() {
    cluster().stop(HOST);
    assertRefused(ErrorCode.UNAVAILABLE, () -> map("vol1", HOST));
    cluster().startCompute(HOST);
    assertAttached(map("vol1", HOST));
  }

  @Test
  void mapShouldFailWithResourceExhaustedAndLeaveNothingWhenThePoolIsFull() {
    MapZvol request = new MapZvol(zvol("vol1"), HOST, cluster().storage().tooLarge());
    assertRefused(ErrorCode.RESOURCE_EXHAUSTED, () -> answer(nas().mapZvol(request, options())));
    assertNothingLeft();
    assertAttached(map("vol1", HOST));
  }

  @Test
  void mapShouldFailWithNotFoundAndLeaveNothingWhenThePoolIsNotServed() {
    ZvolName elsewhere = new ZvolName(new PoolName("nosuchpool"), "vol1");
    assertRefused(
        ErrorCode.NOT_FOUND,
        () -> answer(nas().mapZvol(new MapZvol(elsewhere, HOST, SIZE), options())));
    assertNothingLeft();
  }

  @Test
  void mapShouldServeDifferentVolumesAtOnce() {
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<Mapping> slow = mapping("vol1", HOST);
    gate.awaitReached(patience());
    assertAttached(map("vol10", HOST));
    assertAttached(map("vol2", OTHER_HOST));
    assertThat(slow).isNotDone();
    gate.release();
    assertAttached(answer(slow));
  }

  @Test
  void manyVolumesAtOnceShouldAllBeMapped() {
    List<CompletableFuture<Mapping>> running =
        IntStream.range(0, 12)
            .mapToObj(i -> mapping("par" + i, i % 2 == 0 ? HOST : OTHER_HOST))
            .toList();
    List<Mapping> mappings = running.stream().map(this::answer).toList();
    assertThat(mappings).extracting(Mapping::id).doesNotHaveDuplicates();
    mappings.forEach(this::assertAttached);
    assertThat(list()).extracting(ZvolStatus::state).hasSize(12).containsOnly(MappingState.MAPPED);
  }

  @Test
  void mapAndDeleteShouldBeBusyWhileAnotherOperationRuns() {
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<Mapping> first = mapping("vol1", HOST);
    gate.awaitReached(patience());
    assertThat(status("vol1").state()).isEqualTo(MappingState.MAPPING);
    assertThat(status("vol1").remoteHost()).contains(HOST);
    assertRefused(ErrorCode.BUSY, () -> map("vol1", HOST));
    assertRefused(ErrorCode.BUSY, () -> map("vol1", OTHER_HOST));
    assertRefused(ErrorCode.BUSY, () -> delete("vol1"));
    gate.release();
    assertAttached(answer(first));
  }

  @Test
  void unmapShouldBeBusyOnlyAtItsDeadline() {
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<Mapping> first = mapping("vol1", HOST);
    gate.awaitReached(patience());
    assertRefused(ErrorCode.BUSY, () -> answer(nas().unmapZvol(zvol("vol1"), untilRefused())));
    gate.release();
    assertAttached(answer(first));
  }

  @Test
  void unmapShouldWaitForItsTurn() {
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<Mapping> first = mapping("vol1", HOST);
    gate.awaitReached(patience());
    CompletableFuture<Void> unmap = nas().unmapZvol(zvol("vol1"), options());
    assertThat(unmap).isNotDone();
    gate.release();
    answer(first);
    answer(unmap);
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
    assertNothingMapped();
  }

  @Test
  void severalUnmapsShouldEachWaitForTheirTurn() {
    map("vol1", HOST);
    Gate gate = faults().before(PortCall.CONNECT_DISCONNECT).block();
    List<CompletableFuture<Void>> unmaps = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      unmaps.add(nas().unmapZvol(zvol("vol1"), options()));
    }
    gate.awaitReached(patience());
    gate.release();
    unmaps.forEach(this::answer);
    assertThat(map("vol1", OTHER_HOST).host()).isEqualTo(OTHER_HOST);
  }

  @Test
  void aMapThatHangsShouldBeAnsweredInTimeAndKeepOthersOut() {
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED,
            () -> answer(nas().mapZvol(new MapZvol(zvol("vol1"), HOST, SIZE), shortly())));
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(status("vol1").state()).isEqualTo(MappingState.MAPPING);
    assertThat(Checks.failureOf(() -> map("vol1", OTHER_HOST)).code())
        .isIn(ErrorCode.BUSY, ErrorCode.FAILED_PRECONDITION);
    gate.release();
    // The undoing that goes on after the answer may remove the volume itself.
    unmapIfThere("vol1");
    assertNothingMapped();
  }

  @Test
  void theSameOperationShouldGetTheFirstAnswer() {
    assumeTrue(cluster().remote(), "operations are told apart where requests arrive");
    CallOptions once = options().as(new OperationId("op-1"));
    MapZvol request = new MapZvol(zvol("vol1"), HOST, SIZE);
    Mapping first = answer(nas().mapZvol(request, once));
    assertThat(answer(nas().mapZvol(request, once))).isEqualTo(first);
    unmap("vol1");
    assertThat(answer(nas().mapZvol(request, once))).isEqualTo(first);
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
  }

  @Test
  void theSameOperationAtOnceShouldHaveOneEffect() {
    assumeTrue(cluster().remote(), "operations are told apart where requests arrive");
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CallOptions once = options().as(new OperationId("op-1"));
    MapZvol request = new MapZvol(zvol("vol1"), HOST, SIZE);
    CompletableFuture<Mapping> first = nas().mapZvol(request, once);
    gate.awaitReached(patience());
    CompletableFuture<Mapping> second = nas().mapZvol(request, once);
    gate.release();
    assertThat(answer(second)).isEqualTo(answer(first));
    assertThat(devices(HOST)).hasSize(1);
  }

  @Test
  void mapShouldRefuseAWrongDiskAndLeaveNothing() {
    Gate gate = faults().before(PortCall.CONNECT_CONNECT).block();
    CompletableFuture<Mapping> mapping = mapping("vol1", HOST);
    gate.awaitReached(patience());
    try (var exporter = cluster().storage().targetExporter()) {
      cluster().storage().swapSerial(exporter.list(soon()).get(0).volume());
    } finally {
      gate.release();
    }
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> answer(mapping));
    assertNothingLeft();
  }

  @Test
  void growShouldBeSeenWhereTheVolumeIsMapped() {
    Mapping before = map("vol1", HOST);
    write(before, 1, 2, 3);
    ByteSize size = grow("vol1", LARGER);
    assertThat(size).isGreaterThanOrEqualTo(LARGER);
    assertThat(status("vol1").size()).isEqualTo(size);
    Mapping after = map("vol1", HOST);
    assertThat(after.size()).isEqualTo(size);
    assertThat(after.generation()).isEqualTo(before.generation());
    assertThat(after.stablePath()).isEqualTo(before.stablePath());
    assertAttached(after);
    assertThat(read(after, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void growShouldGoOnWhileTheDeviceIsOpen() {
    Mapping mapping = map("vol1", HOST);
    try (Holder holder = cluster().storage().hold(HOST, mapping.device())) {
      assertThat(holder.name()).isNotBlank();
      ByteSize size = grow("vol1", LARGER);
      assertThat(devices(HOST)).extracting(AttachedDevice::size).containsExactly(size);
    }
  }

  @Test
  void growShouldServeAVolumeThatIsNotMapped() {
    map("vol1", HOST);
    unmap("vol1");
    ByteSize size = grow("vol1", LARGER);
    assertThat(status("vol1").size()).isEqualTo(size);
    Mapping mapping = map("vol1", OTHER_HOST);
    assertThat(mapping.size()).isEqualTo(size);
    assertAttached(mapping);
  }

  @Test
  void growAgainShouldBeSuccessWithoutEffect() {
    map("vol1", HOST);
    ByteSize size = grow("vol1", LARGER);
    List<PortCall> calls =
        callsOf(
            () -> {
              for (int i = 0; i < REPEATS; i++) {
                assertThat(grow("vol1", size)).isEqualTo(size);
              }
            });
    assertThat(calls).doesNotContain(PortCall.ZVOL_GROW, PortCall.STATE_WRITE);
  }

  @Test
  void growShouldRoundUpAndGiveTheSameAgain() {
    map("vol1", HOST);
    ByteSize odd = new ByteSize(LARGER.bytes() + 1);
    ByteSize size = grow("vol1", odd);
    assertThat(size).isGreaterThan(LARGER);
    assertThat(grow("vol1", odd)).isEqualTo(size);
    assertThat(status("vol1").size()).isEqualTo(size);
  }

  @Test
  void growShouldNeverMakeAVolumeSmaller() {
    Mapping mapping = map("vol1", HOST);
    ByteSize smaller = ByteSize.mebibytes(8);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> grow("vol1", smaller));
    assertThat(status("vol1").currentMapping()).contains(mapping);
    unmap("vol1");
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> grow("vol1", smaller));
    assertThat(status("vol1").size()).isEqualTo(mapping.size());
  }

  @Test
  void growShouldFailWithNotFoundWhenThereIsNoSuchVolume() {
    map("vol10", HOST);
    assertRefused(ErrorCode.NOT_FOUND, () -> grow("vol1", LARGER));
  }

  @Test
  void growShouldLeaveTheVolumeAsItIsWhenThePoolIsFull() {
    Mapping mapping = map("vol1", HOST);
    assertRefused(ErrorCode.RESOURCE_EXHAUSTED, () -> grow("vol1", cluster().storage().tooLarge()));
    assertThat(map("vol1", HOST)).isEqualTo(mapping);
    assertThat(status("vol1").size()).isEqualTo(mapping.size());
    grow("vol1", LARGER);
  }

  @Test
  void growShouldDoNothingWhenTheHostIsAbsent() {
    Mapping mapping = map("vol1", HOST);
    cluster().stop(HOST);
    assertRefused(ErrorCode.UNAVAILABLE, () -> grow("vol1", LARGER));
    assertThat(status("vol1").size()).isEqualTo(mapping.size());
    cluster().startCompute(HOST);
    ByteSize size = grow("vol1", LARGER);
    assertThat(devices(HOST)).extracting(AttachedDevice::size).containsExactly(size);
  }

  @Test
  void aGrowthThatTheHostHasNotSeenShouldBeEndedByARepetition() {
    map("vol1", HOST);
    faults().before(PortCall.EXPORT_LIST).block(); // the NAS does not recover by itself
    faults().before(PortCall.CONNECT_EXTEND, 2).fail(ErrorCode.DEADLINE_EXCEEDED);
    VmStoreException failure = assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> grow("vol1", LARGER));
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(status("vol1").size()).isGreaterThanOrEqualTo(LARGER);
    ByteSize size = grow("vol1", LARGER);
    assertThat(devices(HOST)).extracting(AttachedDevice::size).containsExactly(size);
    assertThat(map("vol1", HOST).size()).isEqualTo(size);
  }

  @Test
  void aGrowthThatTheHostHasNotSeenShouldBeEndedByTheNas() {
    map("vol1", HOST);
    faults().before(PortCall.CONNECT_EXTEND, 2).fail(ErrorCode.DEADLINE_EXCEEDED);
    assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> grow("vol1", LARGER));
    settle(Cluster.NAS);
    ByteSize size = map("vol1", HOST).size();
    assertThat(size).isGreaterThanOrEqualTo(LARGER).isEqualTo(status("vol1").size());
    assertThat(devices(HOST)).extracting(AttachedDevice::size).containsExactly(size);
    assertThat(answer(nas().reconcile(Repair.DRY_RUN, options()))).isEmpty();
  }

  @Test
  void aForcedUnmapShouldNotWaitForAGrowth() {
    map("vol1", HOST);
    Gate gate = faults().before(PortCall.CONNECT_EXTEND, 2).block();
    CompletableFuture<ByteSize> growth = nas().growZvol(zvol("vol1"), LARGER, options());
    gate.awaitReached(patience());
    forceUnmap("vol1");
    VmStoreException failure = assertFails(ErrorCode.CANCELLED, () -> answer(growth));
    assertThat(failure.outcomeUnknown()).isTrue();
    gate.release();
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
    assertThat(mapOnceFree("vol1", OTHER_HOST).size()).isGreaterThanOrEqualTo(LARGER);
  }

  @Test
  void exposeShouldAdmitItsInitiatorAndAskNoHost() {
    cluster().stop(HOST);
    Exposure exposure = expose("vol1", HOST);
    assertThat(exposure.host()).isEqualTo(HOST);
    assertThat(exposure.size()).isGreaterThanOrEqualTo(SIZE);
    assertRefused(ErrorCode.PERMISSION_DENIED, () -> logIn(exposure, OTHER_HOST).close());
    try (LogIn login = logIn(exposure, HOST)) {
      assertThat(login.device().serial()).isEqualTo(exposure.id().toString());
      assertThat(login.device().size()).isEqualTo(exposure.size());
    }
    cluster().startCompute(HOST);
  }

  @Test
  void exposeAgainShouldGiveTheSameAnswerWithTheSecrets() {
    Exposure first = expose("vol1", HOST);
    for (int i = 0; i < REPEATS; i++) {
      assertThat(expose("vol1", HOST)).isEqualTo(first);
    }
    ZvolStatus status = status("vol1");
    assertThat(status.state()).isEqualTo(MappingState.MAPPED);
    assertThat(status.currentMapping()).isEmpty();
    assertThat(status.currentExposure()).contains(first.withoutSecrets());
    assertThat(first.toString()).doesNotContain(secretOf(first));
  }

  private static String secretOf(Exposure exposure) {
    return exposure.chap() == null ? "no such text" : exposure.chap().initiator();
  }

  @Test
  void aVolumeShouldBeInTheHandsOfOneOnly() {
    Exposure exposure = expose("vol1", HOST);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map("vol1", HOST));
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map("vol1", OTHER_HOST));
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> expose("vol1", OTHER_HOST));
    ExposeZvol other = new ExposeZvol(zvol("vol1"), HOST, initiator(OTHER_HOST), SIZE);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> answer(nas().exposeZvol(other, options())));
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> delete("vol1"));
    assertThat(expose("vol1", HOST)).isEqualTo(exposure);
    Mapping mapping = map("vol2", HOST);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> expose("vol2", HOST));
    assertThat(map("vol2", HOST)).isEqualTo(mapping);
  }

  @Test
  void unmapShouldRefuseAnExposureInUseAndNameItsInitiator() {
    Exposure exposure = expose("vol1", HOST);
    try (LogIn login = logIn(exposure, HOST)) {
      VmStoreException failure = assertRefused(ErrorCode.FAILED_PRECONDITION, () -> unmap("vol1"));
      assertThat(failure.getMessage()).contains("'" + exposure.initiator() + "'");
      assertThat(login.device().size()).isEqualTo(exposure.size());
      assertThat(expose("vol1", HOST)).isEqualTo(exposure);
      assertThat(status("vol1").state()).isEqualTo(MappingState.MAPPED);
    }
    unmap("vol1");
    assertNothingMapped();
    assertThat(map("vol1", OTHER_HOST).generation()).isGreaterThan(exposure.generation());
  }

  @Test
  void aForcedUnmapShouldShutAConsumerOutAndHaveNobodyToTell() {
    Exposure exposure = expose("vol1", HOST);
    try (LogIn login = logIn(exposure, HOST)) {
      forceUnmap("vol1");
      assertThat(cluster().records()).containsExactly(zvol("vol1").toString());
      assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
      assertThat(login.device().serial()).isEqualTo(exposure.id().toString());
    }
    Exposure after = expose("vol1", OTHER_HOST);
    assertThat(after.generation()).isGreaterThan(exposure.generation());
    unmap("vol1");
    assertNothingMapped();
  }

  @Test
  void aNasThatStartsShouldExportAnExposureAgain() {
    Exposure exposure = expose("vol1", HOST);
    cluster().stop(Cluster.NAS);
    try (TargetExporter exporter = cluster().storage().targetExporter()) {
      exporter.unexport(exposure.id(), OpenSessions.END, soon());
    }
    cluster().startNas();
    settle(Cluster.NAS);
    assertThat(expose("vol1", HOST)).isEqualTo(exposure);
    try (LogIn login = logIn(exposure, HOST)) {
      assertThat(login.device().serial()).isEqualTo(exposure.id().toString());
    }
  }

  @Test
  void growShouldLeaveItToTheConsumerToLook() {
    Exposure before = expose("vol1", HOST);
    try (LogIn login = logIn(before, HOST)) {
      ByteSize size = grow("vol1", LARGER);
      assertThat(expose("vol1", HOST).size()).isEqualTo(size);
      assertThat(status("vol1").currentExposure().map(Exposure::size)).contains(size);
      assertThat(login.extended(size).size()).isEqualTo(size);
    }
  }

  /** A consumer's login, which no role knows of. */
  private final class LogIn implements AutoCloseable {
    private final TargetConnector connector;
    private final Exposure exposure;
    private final ConnectedDevice device;

    private LogIn(Exposure exposure, NodeName host) {
      this.exposure = exposure;
      this.connector = cluster().storage().targetConnector(host);
      this.device = connector.connect(exposure.target(), exposure.id(), exposure.chap(), soon());
    }

    private ConnectedDevice device() {
      return device;
    }

    private ConnectedDevice extended(ByteSize size) {
      return connector.extend(exposure.target(), exposure.id(), size, soon());
    }

    @Override
    public void close() {
      connector.disconnect(exposure.target(), exposure.id(), soon());
      connector.close();
    }
  }

  private LogIn logIn(Exposure exposure, NodeName host) {
    return new LogIn(exposure, host);
  }

  @Test
  void unmapShouldTakeTheVolumeBackAndKeepIt() {
    map("vol1", HOST);
    unmap("vol1");
    ZvolStatus status = status("vol1");
    assertThat(status.state()).isEqualTo(MappingState.UNMAPPED);
    assertThat(status.remoteHost()).isEmpty();
    assertThat(status.currentMapping()).isEmpty();
    assertNothingMapped();
  }

  @Test
  void unmapAgainShouldSucceed() {
    map("vol1", HOST);
    for (int i = 0; i < REPEATS; i++) {
      unmap("vol1");
    }
    assertNothingMapped();
  }

  @Test
  void unmapShouldSucceedForAVolumeThatWasNeverMapped() {
    cluster().storage().createForeignVolume(zvol("vol1"), SIZE);
    unmap("vol1");
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
  }

  @Test
  void unmapShouldFailWithNotFoundWhenThereIsNoSuchVolume() {
    map("vol10", HOST);
    assertRefused(ErrorCode.NOT_FOUND, () -> unmap("vol1"));
    map("vol1", HOST);
    unmap("vol1");
    delete("vol1");
    assertRefused(ErrorCode.NOT_FOUND, () -> unmap("vol1"));
  }

  @Test
  void unmapShouldLeaveOtherNamesAlone() {
    map("vol1", HOST);
    Mapping other = map("vol10", HOST);
    unmap("vol1");
    assertAttached(other);
    assertThat(status("vol10").currentMapping()).contains(other);
  }

  @Test
  void unmapShouldRefuseAnOpenDeviceNameTheHolderAndKeepTheMapping() {
    Mapping mapping = map("vol1", HOST);
    try (Holder holder = cluster().storage().hold(HOST, mapping.device())) {
      VmStoreException failure = assertRefused(ErrorCode.FAILED_PRECONDITION, () -> unmap("vol1"));
      assertThat(failure.toString() + failure.details()).contains(holder.name());
      assertThat(status("vol1").currentMapping()).contains(mapping);
      assertThat(status("vol1").state()).isEqualTo(MappingState.MAPPED);
      write(mapping, 5);
      assertThat(read(mapping, 1)).containsExactly(5);
      assertThat(map("vol1", HOST)).isEqualTo(mapping);
    }
    unmap("vol1");
    assertNothingMapped();
  }

  @Test
  void unmapShouldFailWithUnavailableAndKeepTheMappingWhenTheHostIsAway() {
    Mapping mapping = map("vol1", HOST);
    cluster().stop(HOST);
    assertRefused(ErrorCode.UNAVAILABLE, () -> unmap("vol1"));
    assertThat(status("vol1").currentMapping()).contains(mapping);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map("vol1", OTHER_HOST));
    cluster().startCompute(HOST);
    assertAttached(mapping);
    unmap("vol1");
    assertNothingMapped();
  }

  @Test
  void unmapThatHangsShouldBeAnsweredInTimeAndShownAsUnmapping() {
    Mapping mapping = map("vol1", HOST);
    Gate gate = faults().before(PortCall.CONNECT_DISCONNECT).block();
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED, () -> answer(nas().unmapZvol(zvol("vol1"), shortly())));
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPING);
    assertThat(status("vol1").remoteHost()).contains(HOST);
    assertThat(status("vol1").currentMapping()).contains(mapping);
    assertThat(Checks.failureOf(() -> map("vol1", OTHER_HOST)).code())
        .isIn(ErrorCode.BUSY, ErrorCode.FAILED_PRECONDITION);
    gate.release();
    unmap("vol1");
    assertNothingMapped();
  }

  @Test
  void deleteShouldDestroyTheVolume() {
    map("vol1", HOST);
    map("vol10", HOST);
    unmap("vol1");
    delete("vol1");
    assertThat(list()).extracting(ZvolStatus::zvol).containsExactly(zvol("vol10"));
    unmap("vol10");
    delete("vol10");
    assertNothingLeft();
  }

  @Test
  void deleteAgainShouldSucceed() {
    map("vol1", HOST);
    unmap("vol1");
    for (int i = 0; i < REPEATS; i++) {
      delete("vol1");
      delete("never-was");
    }
    assertNothingLeft();
  }

  @Test
  void deleteShouldRefuseAMappedVolume() {
    Mapping mapping = map("vol1", HOST);
    VmStoreException failure = assertRefused(ErrorCode.FAILED_PRECONDITION, () -> delete("vol1"));
    assertThat(failure.toString()).contains("'" + HOST + "'");
    assertThat(status("vol1").currentMapping()).contains(mapping);
    assertAttached(mapping);
  }

  @Test
  void deleteShouldRefuseAVolumeVmstoreNeverHad() {
    cluster().storage().createForeignVolume(zvol("vol1"), SIZE);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> delete("vol1"));
    assertThat(list()).extracting(ZvolStatus::zvol).containsExactly(zvol("vol1"));
  }

  @Test
  void aNameUsedAgainShouldNotShowOldData() {
    Mapping before = map("vol1", HOST);
    write(before, 1, 2, 3);
    unmap("vol1");
    delete("vol1");
    Mapping after = map("vol1", HOST);
    assertThat(after.id()).isNotEqualTo(before.id());
    assertThat(after.target().iqn()).isNotEqualTo(before.target().iqn());
    assertThat(read(after, 3)).containsExactly(0, 0, 0);
  }

  @Test
  void listShouldShowAllVolumesInOrderWithTheirMappings() {
    Mapping ten = map("vol10", OTHER_HOST);
    Mapping one = map("vol1", HOST);
    map("vol2", HOST);
    unmap("vol2");
    assertThat(list())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("version")
        .containsExactly(
            new ZvolStatus(zvol("vol1"), one.size(), MappingState.MAPPED, HOST, one),
            new ZvolStatus(zvol("vol10"), ten.size(), MappingState.MAPPED, OTHER_HOST, ten),
            new ZvolStatus(zvol("vol2"), one.size(), MappingState.UNMAPPED, null, null));
  }

  @Test
  void listShouldShowForeignVolumesAsUnmapped() {
    cluster().storage().createForeignVolume(zvol("vol1"), SIZE);
    assertThat(list())
        .containsExactly(
            new ZvolStatus(zvol("vol1"), SIZE, MappingState.UNMAPPED, null, null)
                .as(ZvolVersion.NONE));
  }

  private CallOptions ifStill(ZvolStatus seen) {
    return options().ifStill(Objects.requireNonNull(seen.version()));
  }

  private void assertChanged(ThrowingCallable call) {
    VmStoreException failure = assertRefused(ErrorCode.FAILED_PRECONDITION, call);
    assertThat(failure.details()).containsKey(CallOptions.CHANGED);
  }

  @Test
  void aVersionShouldStayUntilSomethingIsDone() {
    map("vol1", HOST);
    ZvolStatus mapped = status("vol1");
    map("vol1", HOST);
    assertThat(status("vol1")).isEqualTo(mapped);
    assertThat(list()).containsExactly(mapped);
    unmap("vol1");
    assertThat(status("vol1").version()).isNotEqualTo(mapped.version());
  }

  @Test
  void unmapShouldNotTakeAVolumeFromAnotherHostThanTheOneThatWasSeen() {
    map("vol1", HOST);
    ZvolStatus seen = status("vol1");
    unmap("vol1");
    Mapping mapping = map("vol1", OTHER_HOST);
    assertChanged(() -> answer(nas().unmapZvol(zvol("vol1"), ifStill(seen))));
    assertChanged(() -> answer(nas().forceUnmapZvol(zvol("vol1"), ifStill(seen))));
    assertThat(status("vol1").currentMapping()).contains(mapping);
    answer(nas().unmapZvol(zvol("vol1"), ifStill(status("vol1"))));
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
  }

  @Test
  void deleteShouldNotDestroyAVolumeThatCameToTheNameSinceItWasSeen() {
    map("vol1", HOST);
    unmap("vol1");
    ZvolStatus seen = status("vol1");
    delete("vol1");
    map("vol1", HOST);
    unmap("vol1");
    assertChanged(() -> answer(nas().deleteZvol(zvol("vol1"), ifStill(seen))));
    answer(nas().deleteZvol(zvol("vol1"), ifStill(status("vol1"))));
    assertThat(list()).isEmpty();
  }

  @Test
  void mapShouldNotBeForAVolumeThatHasGoneSinceItWasSeen() {
    map("vol1", HOST);
    unmap("vol1");
    ZvolStatus seen = status("vol1");
    delete("vol1");
    MapZvol request = new MapZvol(zvol("vol1"), HOST, SIZE);
    assertChanged(() -> answer(nas().mapZvol(request, ifStill(seen))));
    assertNothingLeft();
  }

  @Test
  void aRepeatedCallShouldNotBeRefusedForWhatItDidItself() {
    map("vol1", HOST);
    CallOptions once = ifStill(status("vol1"));
    for (int i = 0; i < REPEATS; i++) {
      answer(nas().unmapZvol(zvol("vol1"), once));
    }
    assertChanged(() -> answer(nas().unmapZvol(zvol("vol1"), once.as(OperationId.random()))));
  }

  @Test
  void listOfOneShouldShowThatOneOnly() {
    map("vol10", HOST);
    ZvolQuery query = ZvolQuery.named(zvol("vol1"));
    assertThat(answer(nas().listZvols(query, options()))).isEmpty();
    Mapping one = map("vol1", HOST);
    assertThat(status("vol1").currentMapping()).contains(one);
  }

  @Test
  void pagesShouldBeginAfterTheLastOneOfThePageBefore() {
    List.of("vol1", "vol10", "vol2")
        .forEach(name -> cluster().storage().createForeignVolume(zvol(name), SIZE));
    assertThat(names(ZvolQuery.page(null, 2))).containsExactly(zvol("vol1"), zvol("vol10"));
    assertThat(names(ZvolQuery.page(zvol("vol10"), 2))).containsExactly(zvol("vol2"));
    assertThat(names(ZvolQuery.page(zvol("vol2"), 2))).isEmpty();
    assertThat(names(ZvolQuery.page(zvol("vol11"), 2))).containsExactly(zvol("vol2"));
  }

  private List<ZvolName> names(ZvolQuery query) {
    return answer(nas().listZvols(query, options())).stream().map(ZvolStatus::zvol).toList();
  }

  @Test
  void listShouldAgreeWithTheComputeNodes() {
    map("vol1", HOST);
    map("vol10", OTHER_HOST);
    map("vol2", OTHER_HOST);
    for (NodeName host : List.of(HOST, OTHER_HOST)) {
      List<AttachedDevice> expected =
          list().stream()
              .flatMap(status -> status.currentMapping().stream())
              .filter(mapping -> mapping.host().equals(host))
              .map(
                  each ->
                      new AttachedDevice(
                          each.target(), each.id(), each.device(), each.stablePath(), each.size()))
              .toList();
      assertThat(devices(host)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void mappingsShouldOutliveARestartOfEveryNode() {
    Mapping mapping = map("vol1", HOST);
    write(mapping, 1, 2, 3);
    for (NodeName node : List.of(Cluster.NAS, HOST, OTHER_HOST)) {
      cluster().stop(node);
    }
    cluster().startNas();
    cluster().startCompute(HOST);
    cluster().startCompute(OTHER_HOST);
    assertThat(status("vol1").currentMapping()).contains(mapping);
    assertThat(map("vol1", HOST)).isEqualTo(mapping);
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> map("vol1", OTHER_HOST));
    assertRefused(ErrorCode.FAILED_PRECONDITION, () -> delete("vol1"));
    assertThat(read(mapping, 3)).containsExactly(1, 2, 3);
    unmap("vol1");
    assertThat(map("vol1", OTHER_HOST).generation()).isGreaterThan(mapping.generation());
  }

  @Test
  void forcedUnmapShouldFreeTheVolumeOfADeadHostAndHaveItDropTheDevice() {
    Mapping before = map("vol1", HOST);
    write(before, 1, 2, 3);
    cluster().stop(HOST);
    forceUnmap("vol1");
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
    Mapping after = map("vol1", OTHER_HOST);
    assertThat(after.target().iqn()).isNotEqualTo(before.target().iqn());
    assertThat(read(after, 3)).containsExactly(1, 2, 3);
    assertThatThrownBy(() -> write(before, 9)).isInstanceOf(UncheckedIOException.class);
    assertThat(reconcile(Repair.DRY_RUN)).extracting(Finding::kind).containsExactly(Kind.NOT_TOLD);
    cluster().startCompute(HOST);
    settle(Cluster.NAS);
    assertThat(devices(HOST)).isEmpty();
    assertThat(differences(HOST)).isEmpty();
    assertThat(reconcile(Repair.DRY_RUN)).isEmpty();
    assertThat(read(after, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void forcedUnmapShouldNotBeForgottenByARestartOfTheNas() {
    map("vol1", HOST);
    cluster().stop(HOST);
    forceUnmap("vol1");
    cluster().stop(Cluster.NAS);
    cluster().startNas();
    assertThat(reconcile(Repair.DRY_RUN)).extracting(Finding::kind).containsExactly(Kind.NOT_TOLD);
    cluster().startCompute(HOST);
    settle(Cluster.NAS);
    assertNothingMapped();
  }

  @Test
  void forcedUnmapShouldTakeADeviceThatIsOpen() {
    Mapping mapping = map("vol1", HOST);
    try (Holder holder = cluster().storage().hold(HOST, mapping.device())) {
      assertThat(holder.name()).isNotEmpty();
      forceUnmap("vol1");
      assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
      assertThatThrownBy(() -> write(mapping, 9)).isInstanceOf(UncheckedIOException.class);
    }
    settle(Cluster.NAS);
    assertNothingMapped();
  }

  @Test
  void forcedUnmapShouldTakeTheVolumeFromAHostThatHangs() {
    map("vol1", HOST);
    faults().before(PortCall.CONNECT_DISCONNECT).block();
    faults().before(PortCall.EXPORT_LIST).block(); // recovering would ask the host again
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED, () -> answer(nas().unmapZvol(zvol("vol1"), shortly())));
    forceUnmap("vol1");
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
    assertThat(map("vol1", OTHER_HOST).host()).isEqualTo(OTHER_HOST);
    faults().clear();
    settle(Cluster.NAS);
    assertThat(devices(HOST)).isEmpty();
    assertThat(differences(HOST)).isEmpty();
    assertThat(devices(OTHER_HOST)).hasSize(1);
  }

  /** Recovery, which an unknown outcome wakes, may look at the volume just now. */
  private Mapping mapOnceFree(String name, NodeName host) {
    return Awaitility.await()
        .atMost(patience())
        .ignoreExceptionsMatching(e -> Failures.of(e).code() == ErrorCode.BUSY)
        .until(() -> map(name, host), Objects::nonNull);
  }

  @Test
  void forcedUnmapShouldOvertakeAnUnmapThatWaitsForAHostThatHangs() {
    map("vol1", HOST);
    Gate hangs = faults().before(PortCall.CONNECT_DISCONNECT).block();
    CompletableFuture<Void> waits = nas().unmapZvol(zvol("vol1"), options());
    hangs.awaitReached(patience());
    answer(nas().forceUnmapZvol(zvol("vol1"), options()));
    assertThat(status("vol1").state()).isEqualTo(MappingState.UNMAPPED);
    VmStoreException told = assertFails(ErrorCode.CANCELLED, () -> answer(waits));
    assertThat(told.outcomeUnknown()).isTrue();
    Mapping mapping = mapOnceFree("vol1", OTHER_HOST);
    hangs.release(); // what it does late changes nothing
    settle(Cluster.NAS);
    assertThat(devices(HOST)).isEmpty();
    assertThat(differences(HOST)).isEmpty();
    assertThat(status("vol1").currentMapping()).contains(mapping);
  }

  @Test
  void forcedUnmapShouldSucceedWhereNothingIsMapped() {
    map("vol1", HOST);
    unmap("vol1");
    for (int i = 0; i < REPEATS; i++) {
      forceUnmap("vol1");
    }
    cluster().storage().createForeignVolume(zvol("vol10"), SIZE);
    forceUnmap("vol10");
    assertThat(reconcile(Repair.DRY_RUN)).isEmpty();
  }

  @Test
  void forcedUnmapShouldFailWithNotFoundWhenThereIsNoSuchVolume() {
    map("vol10", HOST);
    assertRefused(ErrorCode.NOT_FOUND, () -> forceUnmap("vol1"));
    assertThat(status("vol10").state()).isEqualTo(MappingState.MAPPED);
  }

  private List<Finding> reconcile(Repair repair) {
    return answer(nas().reconcile(repair, options()));
  }

  /** Exports a volume that is not mapped, as nobody of vmstore does. */
  private Export exportByHand(Mapping over) {
    try (TargetExporter exporter = cluster().storage().targetExporter();
        TargetConnector connector = cluster().storage().targetConnector(HOST);
        ZvolManager zvols = cluster().storage().zvolManager()) {
      Zvol zvol = zvols.find(over.zvol(), soon()).orElseThrow();
      Admission admitted = Admission.byName(connector.initiator());
      return exporter.export(zvol, over.id(), over.generation() + 1, admitted, soon());
    }
  }

  private List<Export> exports() {
    try (TargetExporter exporter = cluster().storage().targetExporter()) {
      return exporter.list(soon());
    }
  }

  @Test
  void reconcileShouldFindNothingWhereAllIsAsRecorded() {
    Mapping mapping = map("vol1", HOST);
    map("vol10", HOST);
    unmap("vol10");
    cluster().storage().createForeignVolume(zvol("vol2"), SIZE);
    assertThat(reconcile(Repair.DRY_RUN)).isEmpty();
    assertThat(reconcile(Repair.SETTLE)).isEmpty();
    assertAttached(mapping);
    assertThat(list()).hasSize(3);
  }

  @Test
  void reconcileShouldShowAnOrphanExportAndEndItWhenAsked() {
    map("vol10", HOST);
    Mapping over = map("vol1", HOST);
    unmap("vol1");
    Export orphan = exportByHand(over);
    Finding finding =
        new Finding(
            Kind.ORPHAN_EXPORT,
            orphan.target().iqn().value(),
            "end it, unless an initiator is logged in",
            Outcome.FOUND,
            "no record asks for it");
    assertThat(reconcile(Repair.DRY_RUN)).containsExactly(finding);
    settle(Cluster.NAS);
    assertThat(exports()).hasSize(2).contains(orphan);
    assertThat(reconcile(Repair.SETTLE))
        .containsExactly(finding.with(Outcome.SETTLED, finding.reason()));
    assertThat(exports()).hasSize(1).doesNotContain(orphan);
    assertThat(reconcile(Repair.SETTLE)).isEmpty();
  }

  @Test
  void reconcileShouldKeepAnOrphanExportThatSomebodyIsLoggedInTo() {
    Mapping over = map("vol1", HOST);
    unmap("vol1");
    Export orphan = exportByHand(over);
    try (TargetConnector connector = cluster().storage().targetConnector(HOST)) {
      connector.connect(orphan.target(), over.id(), null, soon());
      assertThat(reconcile(Repair.SETTLE))
          .extracting(Finding::kind, Finding::outcome)
          .containsExactly(tuple(Kind.ORPHAN_EXPORT, Outcome.FAILED));
      assertThat(exports()).extracting(Export::target).containsExactly(orphan.target());
      assertThat(connector.list(soon())).hasSize(1);
    }
  }

  @Test
  void reconcileShouldLeaveAnOrphanZvolToAPerson() {
    try (ZvolManager zvols = cluster().storage().zvolManager()) {
      zvols.ensure(zvol("vol1"), VolumeId.random(), SIZE, soon());
    }
    for (Repair repair : Repair.values()) {
      assertThat(reconcile(repair))
          .extracting(Finding::kind, Finding::subject, Finding::outcome)
          .containsExactly(tuple(Kind.ORPHAN_ZVOL, zvol("vol1").toString(), Outcome.LEFT));
    }
    assertThat(list()).hasSize(1);
    assertAttached(map("vol1", HOST));
    assertThat(reconcile(Repair.DRY_RUN)).isEmpty();
  }

  private void loseExport(Mapping mapping) {
    try (TargetExporter exporter = cluster().storage().targetExporter()) {
      exporter.unexport(mapping.id(), OpenSessions.END, soon());
    }
  }

  @Test
  void reconcileShouldExportAgainWhatIsMapped() {
    Mapping mapping = map("vol1", HOST);
    write(mapping, 1, 2, 3);
    loseExport(mapping);
    assertThat(reconcile(Repair.DRY_RUN))
        .extracting(Finding::kind, Finding::subject, Finding::outcome)
        .containsExactly(tuple(Kind.NOT_EXPORTED, zvol("vol1").toString(), Outcome.FOUND));
    assertThat(exports()).isEmpty();
    assertThat(reconcile(Repair.SETTLE)).extracting(Finding::outcome).containsOnly(Outcome.SETTLED);
    assertThat(exports()).extracting(Export::target).containsExactly(mapping.target());
    settle(HOST);
    assertThat(read(mapping, 3)).containsExactly(1, 2, 3);
    assertThat(map("vol1", HOST)).isEqualTo(mapping);
  }

  @Test
  void aRestartShouldExportAgainWhatIsMapped() {
    List<Mapping> mappings = List.of(map("vol1", HOST), map("vol10", OTHER_HOST));
    cluster().stop(Cluster.NAS);
    mappings.forEach(this::loseExport);
    cluster().startNas();
    settle(Cluster.NAS);
    settle(HOST);
    settle(OTHER_HOST);
    mappings.forEach(this::assertAttached);
    assertThat(exports()).hasSize(2);
    mappings.forEach(mapping -> write(mapping, 1));
  }
}
