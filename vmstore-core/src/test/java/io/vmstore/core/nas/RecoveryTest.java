package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.atLeastOnce;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.Repair;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

class RecoveryTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.random();
  private static final Iqn INITIATOR = new Iqn("iqn.2026-11.io.vmstore:c1");
  private static final Target TARGET =
      new Target(new Iqn("iqn.2026-11.io.vmstore:tank.v1"), List.of(Portal.parse("10.0.0.1:3260")));
  private static final CallOptions OPTIONS = CallOptions.within(Duration.ofSeconds(30));

  private final ZvolManager zvols = mock(ZvolManager.class);
  private final TargetExporter exporter = mock(TargetExporter.class);
  private final StateStore store = mock(StateStore.class);
  private final ComputeService compute = mock(ComputeService.class);
  private final HandScheduler scheduler = new HandScheduler();

  @Test
  void aPoolThatIsAwayShouldNotHoldUpTheOthers() {
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped())));
    when(zvols.list(any()))
        .thenThrow(VmStoreException.builder(ErrorCode.NOT_FOUND, "pool 'other' is away").build());
    when(zvols.find(eq(V1), any())).thenReturn(Optional.of(zvol()));

    nas().recover();

    verify(exporter).export(any(), eq(ID), anyLong(), eq(Admission.byName(INITIATOR)), any());
  }

  @Test
  void anOrphanShouldBeEndedOnlyWhenSomebodyAsksForIt() {
    VolumeRecord unmapped = VolumeRecord.unmapped(V1, ID, 1, OperationId.random());
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(unmapped)));
    when(exporter.list(any())).thenReturn(List.of(exported(TARGET)));
    LocalNasService nas = nas();
    List<Finding> found = nas.reconcile(Repair.DRY_RUN, OPTIONS).join();

    assertThat(found).extracting(Finding::kind).containsExactly(Kind.ORPHAN_EXPORT);
    verify(exporter, never()).unexport(any(), any(), any());
    nas.reconcile(Repair.SETTLE, OPTIONS).join();
    verify(exporter).unexport(eq(ID), eq(OpenSessions.REFUSE), any());
  }

  @Test
  void aFenceThatCannotBeReadShouldPreventTheStartAndBeNamed() {
    when(store.readAll()).thenReturn(Map.of("tank/-fence/x.1", new byte[] {'{', '}'}));

    assertThatThrownBy(this::nas)
        .isInstanceOf(VmStoreException.class)
        .hasMessageContaining("tank/-fence/x.1");
  }

  @Test
  void aPoolWhoseVolumesCannotBeListedShouldBeAFindingBesideTheOthers() {
    when(zvols.list(any()))
        .thenThrow(VmStoreException.builder(ErrorCode.NOT_FOUND, "pool 'other' is away").build());
    when(exporter.list(any())).thenReturn(List.of(exported(TARGET)));

    List<Finding> found = nas().reconcile(Repair.SETTLE, OPTIONS).join();

    assertThat(found)
        .extracting(Finding::kind, Finding::outcome)
        .containsExactlyInAnyOrder(
            tuple(Kind.ORPHAN_EXPORT, Outcome.SETTLED), tuple(Kind.ORPHAN_ZVOL, Outcome.FAILED));
    assertThat(found).extracting(Finding::reason).anyMatch(text -> text.contains("'other'"));
  }

  @Test
  void aPoolThatComesLaterShouldBeServedOnlyOnceItsRecordsAreRead() {
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped())));
    when(zvols.list(any())).thenReturn(List.of(zvol()));
    AtomicBoolean imported = new AtomicBoolean();
    LocalNasService nas = nas(inTank(pool -> imported.get() ? store : away()));
    nas.recover();

    assertThat(codeOf(nas.unmapZvol(V1, OPTIONS))).isEqualTo(ErrorCode.UNAVAILABLE);
    verify(exporter, never()).export(any(), any(), anyLong(), any(), any());
    imported.set(true);
    scheduler.pass(Duration.ofSeconds(1)); // the pause after the first round, and no other

    verify(exporter).export(any(), eq(ID), anyLong(), eq(Admission.byName(INITIATOR)), any());
  }

  @Test
  void whoAsksForAPoolsRecordsToBeReadShouldHaveItsVolumesExportedAtOnce() {
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped())));
    when(zvols.list(any())).thenReturn(List.of(zvol()));

    nas(inTank(pool -> store)).reconcile(Repair.SETTLE, OPTIONS).join();

    verify(exporter).export(any(), eq(ID), anyLong(), eq(Admission.byName(INITIATOR)), any());
  }

  @Test
  void nothingShouldBeCalledAnOrphanBeforeAllRecordsAreRead() {
    when(exporter.list(any())).thenReturn(List.of(exported(TARGET)));
    LocalNasService nas = nas(inTank(pool -> away()));

    List<Finding> found = nas.reconcile(Repair.DRY_RUN, OPTIONS).join();

    assertThat(found).extracting(Finding::kind).containsExactly(Kind.NOT_READ);
  }

  @Test
  void aPoolImportedUnderAnotherNameShouldBeRefused() {
    when(store.readAll()).thenReturn(Map.of("old/v1", VolumeRecordCodec.encode(mapped())));
    LocalNasService nas = nas(inTank(pool -> store));

    List<Finding> found = nas.reconcile(Repair.SETTLE, OPTIONS).join();

    assertThat(found).singleElement().extracting(Finding::outcome).isEqualTo(Outcome.FAILED);
    assertThat(codeOf(nas.unmapZvol(V1, OPTIONS))).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void aPoolThatIsNotServedShouldBeNotFound() {
    LocalNasService nas = nas(inTank(pool -> store));

    CompletableFuture<Void> answer = nas.unmapZvol(ZvolName.parse("other/v1"), OPTIONS);

    assertThat(codeOf(answer)).isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  void theComputeNodeShouldBeToldWhereAMappingIsExportedNow() {
    Target here = new Target(TARGET.iqn(), List.of(Portal.parse("10.0.0.2:3260")));
    AttachedDevice device =
        new AttachedDevice(
            here, ID, new DevicePath("/dev/sdc"), new DevicePath("/run/x"), ByteSize.parse("64M"));
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped())));
    when(exporter.list(any())).thenReturn(List.of(exported(here)));
    when(zvols.find(eq(V1), any())).thenReturn(Optional.of(zvol()));
    when(compute.attach(any(), any())).thenReturn(CompletableFuture.completedFuture(device));

    nas().recover();

    InOrder order = inOrder(exporter, compute, store);
    order.verify(exporter).export(any(), eq(ID), eq(1L), eq(Admission.byName(INITIATOR)), any());
    order
        .verify(compute)
        .attach(eq(new AttachTarget(here, ID, 1, null, V1, ByteSize.parse("64M"))), any());
    order.verify(store).write(eq("tank/v1"), argThat(RecoveryTest::namesTheNewPortal));
  }

  @Test
  void anExportThatAsksForNoSecretShouldBeExportedAgainWithThoseOnRecord() {
    ChapSecrets secrets = new ChapSecrets("initiators0secret", "targets0own0secret");
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped(secrets))));
    when(zvols.list(any())).thenReturn(List.of(zvol()));
    when(exporter.list(any())).thenReturn(List.of(exported(TARGET)));
    LocalNasService nas = nas();

    List<Finding> found = nas.reconcile(Repair.SETTLE, OPTIONS).join();

    assertThat(found).extracting(Finding::kind).containsExactly(Kind.NOT_EXPORTED);
    assertThat(found.toString()).doesNotContain(secrets.initiator());
    // The work in the background, which finds the same here, is woken too.
    verify(exporter, atLeastOnce())
        .export(any(), eq(ID), anyLong(), eq(new Admission(INITIATOR, secrets)), any());
  }

  @Test
  void anExportWithoutSecretsShouldBeLeftWhenItsRecordHasNone() {
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped())));
    when(exporter.chap()).thenReturn(ChapMode.MUTUAL);
    when(exporter.list(any())).thenReturn(List.of(exported(TARGET)));

    assertThat(nas().reconcile(Repair.SETTLE, OPTIONS).join()).isEmpty();
    verify(exporter, never()).export(any(), any(), anyLong(), any(), any());
  }

  private static boolean namesTheNewPortal(byte[] record) {
    return new String(record, StandardCharsets.UTF_8).contains("10.0.0.2:3260");
  }

  private static Export exported(Target target) {
    return new Export(ID, target, new DevicePath("/dev/zd0"), Set.of(INITIATOR), Set.of());
  }

  private static RecordStores inTank(Function<PoolName, StateStore> opener) {
    return RecordStores.inPools(Set.of(V1.pool()), opener);
  }

  private static StateStore away() {
    throw VmStoreException.builder(ErrorCode.NOT_FOUND, "pool 'tank' is away").build();
  }

  private static ErrorCode codeOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return Failures.of(future.handle((value, thrown) -> thrown).join()).code();
  }

  private LocalNasService nas() {
    return nas(RecordStores.shared(store));
  }

  private LocalNasService nas(RecordStores stores) {
    return new LocalNasService(new NasPorts(zvols, exporter, name -> compute, stores, scheduler));
  }

  private static Zvol zvol() {
    return new Zvol(V1, ID, true, ByteSize.parse("64M"), new DevicePath("/dev/zd0"));
  }

  private static VolumeRecord mapped() {
    return mapped(null);
  }

  private static VolumeRecord mapped(@Nullable ChapSecrets secrets) {
    return VolumeRecord.unmapped(V1, ID, 0, OperationId.random())
        .mapping(
            new Intent(new NodeName("c1"), INITIATOR, false, secrets, false), OperationId.random())
        .mapped(
            new Result(
                ByteSize.parse("64M"),
                TARGET,
                new Device(new DevicePath("/dev/sdb"), new DevicePath("/run/x")),
                false));
  }
}
