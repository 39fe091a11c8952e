package io.vmstore.core.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.Repair;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

class LocalComputeServiceTest {
  private static final VolumeId VOLUME = VolumeId.random();
  private static final Target TARGET =
      new Target(new Iqn("iqn.2026-11.io.vmstore:tank.v1"), List.of(Portal.parse("10.0.0.1:3260")));
  private static final ChapSecrets SECRETS =
      new ChapSecrets("initiators0secret", "targets0own0secret");
  private static final CallOptions OPTIONS = CallOptions.within(Duration.ofSeconds(30));

  private final TargetConnector connector = mock(TargetConnector.class);
  private final StateStore store = mock(StateStore.class);
  private final HandScheduler scheduler = new HandScheduler();
  private final LocalComputeService compute = new LocalComputeService(connector, store, scheduler);

  @Test
  void attachShouldRecordItsIntentBeforeItConnects() {
    connectedTo(VOLUME.toString());

    attach(1).join();

    InOrder order = inOrder(store, connector);
    order.verify(store).write(eq(VOLUME.toString()), any());
    order.verify(connector).connect(eq(TARGET), eq(VOLUME), any(), any());
  }

  @Test
  void anotherDiskShouldBeGivenBackAndForgotten() {
    connectedTo(VolumeId.random().toString());

    VmStoreException failure = failureOf(attach(1));

    assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failure).hasMessageContaining("wrong disk");
    InOrder order = inOrder(store, connector);
    order.verify(connector).disconnect(eq(TARGET), eq(VOLUME), any());
    order.verify(store).write(eq(VOLUME.toString()), attached(false));
  }

  @Test
  void anOlderMappingsMessagesShouldChangeNothing() {
    connectedTo(VOLUME.toString());
    attach(5).join();

    assertThat(failureOf(attach(4)).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failureOf(detach(4)).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);

    verify(connector, never()).disconnect(any(), any(), any());
  }

  @Test
  void aRefusedDetachShouldKeepTheRecord() {
    connectedTo(VOLUME.toString());
    attach(1).join();
    doThrow(VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "open").build())
        .when(connector)
        .disconnect(any(), any(), any());

    failureOf(detach(1));

    verify(store, never()).write(any(), attached(false));
  }

  @Test
  void aTargetThatMovedShouldBeLeftBeforeItIsAttachedElsewhere() {
    Target elsewhere = new Target(TARGET.iqn(), List.of(Portal.parse("10.0.0.2:3260")));
    connectedTo(VOLUME.toString());
    attach(1).join();

    compute.attach(new AttachTarget(elsewhere, VOLUME, 1), OPTIONS).join();

    InOrder order = inOrder(store, connector);
    order.verify(connector).disconnect(eq(TARGET), eq(VOLUME), any());
    order.verify(store).write(eq(VOLUME.toString()), any());
    order.verify(connector).connect(eq(elsewhere), eq(VOLUME), any(), any());
  }

  @Test
  void aLateAttachOfADetachedMappingShouldBringNothingBack() {
    connectedTo(VOLUME.toString());
    detach(1).join();

    assertThat(failureOf(attach(1)).details()).containsEntry(ComputeService.NEWER_GENERATION, "1");

    verify(connector, never()).connect(any(), any(), any(), any());
  }

  @Test
  void aLaterMappingThatCameToNothingShouldNotForgetTheDeviceOfAnEarlierOne() {
    connectedTo(VOLUME.toString());
    attach(1).join();

    detach(3).join(); // undone on the NAS, before its attach came here

    assertThat(failureOf(attach(2)).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    assertThat(failureOf(attach(3)).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    verify(store, never()).write(any(), attached(false));
    detach(1).join();
    verify(store).write(any(), attached(false));
  }

  @Test
  void theDeviceOfAnOlderMappingShouldGoBeforeTheNewOneComes() {
    connectedTo(VOLUME.toString());
    attach(1).join();

    attach(2).join();

    InOrder order = inOrder(connector);
    order.verify(connector).connect(any(), any(), any(), any());
    order.verify(connector).disconnect(eq(TARGET), eq(VOLUME), any());
    order.verify(connector).connect(any(), any(), any(), any());
  }

  @Test
  void aRestartShouldAttachAgainWhatIsOnRecordAndNothingElse() {
    AttachmentRecord wanted = new AttachmentRecord(VOLUME, TARGET, 3, true, 3, 1, SECRETS);
    AttachmentRecord over = new AttachmentRecord(VolumeId.random(), TARGET, 3, false, 3, 2, null);
    when(store.readAll())
        .thenReturn(
            Map.of(
                wanted.volume().toString(), wanted.encode(),
                over.volume().toString(), over.encode()));
    connectedTo(VOLUME.toString());
    when(connector.list(any()))
        .thenReturn(List.of())
        .thenReturn(List.of(device(VOLUME.toString())));
    HandScheduler scheduler = new HandScheduler();

    CompletableFuture<Void> recovered =
        new LocalComputeService(connector, store, scheduler).recover();

    scheduler.pass(Duration.ofSeconds(1));
    assertThat(recovered).isCompleted();

    verify(connector).connect(eq(TARGET), eq(VOLUME), eq(SECRETS), any());
    verify(connector, never()).connect(any(), eq(over.volume()), any(), any());
  }

  @Test
  void theSecretsShouldBeOnRecordForAsLongAsTheDeviceIsWantedAndNowhereElse() {
    connectedTo(VOLUME.toString());

    AttachedDevice device =
        compute.attach(new AttachTarget(TARGET, VOLUME, 1, SECRETS), OPTIONS).join();
    compute.detach(new DetachTarget(TARGET, VOLUME, 1), OPTIONS).join();

    InOrder order = inOrder(store, connector);
    order.verify(store).write(any(), argThat(record -> secretsIn(record) == SECRETS.hashCode()));
    order.verify(connector).connect(eq(TARGET), eq(VOLUME), eq(SECRETS), any());
    order.verify(store).write(any(), argThat(record -> secretsIn(record) == 0));
    assertThat(device.toString()).doesNotContain(SECRETS.initiator());
  }

  /** The hash of what a record has, so that a failure of the test prints no secret either. */
  private static int secretsIn(byte[] record) {
    ChapSecrets secrets = AttachmentRecord.decode(record).chap();
    return secrets == null ? 0 : secrets.hashCode();
  }

  @Test
  void aRecordOfAnOlderVersionShouldHaveNoSecrets() {
    String older =
        "{\"volume\":\"%s\",\"target\":\"%s\",\"portals\":[\"10.0.0.1:3260\"],\"generation\":3,\"attached\":true,\"newest\":3,\"order\":1}"
            .formatted(VOLUME, TARGET.iqn());

    assertThat(AttachmentRecord.decode(older.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new AttachmentRecord(VOLUME, TARGET, 3, true, 3, 1, null));
  }

  @Test
  void aTargetThatRefusesShouldBeTriedAgain() {
    AttachmentRecord wanted = new AttachmentRecord(VOLUME, TARGET, 3, true, 3, 1, null);
    when(store.readAll()).thenReturn(Map.of(VOLUME.toString(), wanted.encode()));
    when(connector.connect(any(), any(), any(), any()))
        .thenThrow(VmStoreException.builder(ErrorCode.NOT_FOUND, "unknown target").build())
        .thenReturn(device(VOLUME.toString()));
    when(connector.list(any()))
        .thenReturn(List.of())
        .thenReturn(List.of())
        .thenReturn(List.of(device(VOLUME.toString())));
    HandScheduler scheduler = new HandScheduler();

    CompletableFuture<Void> recovered =
        new LocalComputeService(connector, store, scheduler).recover();

    assertThat(recovered).isNotDone();
    scheduler.pass(Duration.ofSeconds(1));
    scheduler.pass(Duration.ofSeconds(2));
    assertThat(recovered).isCompleted();
    verify(connector, times(2)).connect(any(), any(), any(), any());
    assertThat(scheduler.waiting()).isZero();
  }

  @Test
  void aFailedAttachShouldForgetOnlyWhenNothingRemains() {
    when(connector.connect(any(), any(), any(), any()))
        .thenThrow(
            VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, "late")
                .outcomeUnknown(true)
                .build())
        .thenThrow(VmStoreException.builder(ErrorCode.UNAVAILABLE, "gone").build());

    failureOf(attach(1));
    verify(store, never()).write(any(), attached(false));
    failureOf(attach(2));
    verify(store, times(2)).write(any(), attached(false)); // the older mapping, and this one
  }

  @Test
  void aDetachThatIsNotForgottenShouldNotPassForADeviceStillAttached() {
    connectedTo(VOLUME.toString());
    attach(1).join();
    doThrow(VmStoreException.builder(ErrorCode.UNAVAILABLE, "disk").build())
        .when(store)
        .write(any(), attached(false));

    assertThat(failureOf(detach(1)).outcomeUnknown()).isTrue();
  }

  @Test
  void detachShouldOverwriteARecordThatAFailedWriteMayHaveLeft() {
    doThrow(VmStoreException.builder(ErrorCode.UNAVAILABLE, "disk").outcomeUnknown(true).build())
        .when(store)
        .write(any(), attached(true));
    failureOf(attach(1));

    detach(1).join();

    verify(store).write(eq(VOLUME.toString()), attached(false));
  }

  @Test
  void aTurnThatDoesNotComeShouldBeBusyBeforeTheDeadline() {
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    when(connector.connect(any(), any(), any(), any()))
        .thenAnswer(
            call -> {
              waiting.add(detach(1));
              scheduler.pass(OPTIONS.timeout().minusSeconds(1));
              throw VmStoreException.builder(ErrorCode.UNAVAILABLE, "gone").build();
            });

    failureOf(attach(1));

    assertThat(failureOf(waiting.get(0)).code()).isEqualTo(ErrorCode.BUSY);
  }

  @Test
  void anOrphanThatIsAttachedSinceTheSurveyShouldBeLeftAlone() {
    VolumeId other = VolumeId.random();
    List<VolumeId> volumes = List.of(VOLUME, other);
    when(connector.list(any()))
        .thenReturn(List.of(device(VOLUME.toString()), device(other.toString())));
    when(connector.connect(any(), any(), any(), any()))
        .thenAnswer(call -> device(call.getArgument(1, VolumeId.class).toString()));
    List<VolumeId> dropped = new ArrayList<>();
    doAnswer(
            call -> { // while one of the two is detached, the other one is attached
              dropped.add(call.getArgument(1, VolumeId.class));
              VolumeId kept = volumes.get(dropped.contains(VOLUME) ? 1 : 0);
              compute.attach(new AttachTarget(TARGET, kept, 1), OPTIONS).join();
              return null;
            })
        .when(connector)
        .disconnect(any(), any(), any());

    assertThat(compute.reconcile(Repair.SETTLE, OPTIONS).join())
        .extracting(Finding::kind)
        .containsExactly(Kind.ORPHAN_DEVICE, Kind.ORPHAN_DEVICE);

    assertThat(dropped).hasSize(1);
  }

  @Test
  void aSessionThatIsLostShouldBeShownAndLeftToItsInitiator() {
    connectedTo(VOLUME.toString());
    attach(1).join();
    ConnectedDevice here = device(VOLUME.toString());
    ConnectedDevice lost =
        new ConnectedDevice(
            here.target(), here.serial(), here.device(), here.stablePath(), here.size(), false);
    when(connector.list(any())).thenReturn(List.of(lost));

    assertThat(compute.reconcile(Repair.SETTLE, OPTIONS).join())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.kind()).isEqualTo(Kind.NOT_LOGGED_IN);
              assertThat(finding.outcome()).isEqualTo(Outcome.LEFT);
              assertThat(finding.toString()).contains(VOLUME.toString(), "/dev/sdb");
            });

    verify(connector, never()).disconnect(any(), any(), any());
    verify(connector, times(1)).connect(any(), any(), any(), any());
  }

  private void connectedTo(String serial) {
    when(connector.connect(any(), any(), any(), any())).thenReturn(device(serial));
  }

  private static ConnectedDevice device(String serial) {
    return new ConnectedDevice(
        TARGET,
        serial,
        new DevicePath("/dev/sdb"),
        new DevicePath("/run/x"),
        ByteSize.parse("64M"),
        true);
  }

  private static byte[] attached(boolean attached) {
    return argThat(
        record ->
            record != null
                && new String(record, StandardCharsets.UTF_8).contains("\"attached\":" + attached));
  }

  private CompletableFuture<AttachedDevice> attach(long generation) {
    return compute.attach(new AttachTarget(TARGET, VOLUME, generation), OPTIONS);
  }

  private CompletableFuture<Void> detach(long generation) {
    return compute.detach(new DetachTarget(TARGET, VOLUME, generation), OPTIONS);
  }

  private static VmStoreException failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return Failures.of(future.handle((value, thrown) -> thrown).join());
  }
}
