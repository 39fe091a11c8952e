package io.vmstore.core.nas;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.ArgumentMatchers.startsWith;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.ExposeZvol;
import io.vmstore.MapZvol;
import io.vmstore.ResizeTarget;
import io.vmstore.ZvolQuery;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapMode;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.mockito.InOrder;

/** An effect never comes before its intent is on record, nor after its ground is gone. */
class OrderOfEffectsTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final Iqn INITIATOR = new Iqn("iqn.2026-11.io.vmstore:c1");
  private static final Target TARGET =
      new Target(new Iqn("iqn.2026-11.io.vmstore:tank.v1"), List.of(Portal.parse("10.0.0.1:3260")));
  private static final DevicePath DEVICE = new DevicePath("/dev/zd0");
  private static final MapZvol MAP = new MapZvol(V1, new NodeName("c1"), ByteSize.parse("64M"));
  private static final CallOptions OPTIONS = CallOptions.within(Duration.ofSeconds(30));

  private final ZvolManager zvols = mock(ZvolManager.class);
  private final TargetExporter exporter = mock(TargetExporter.class);
  private final ComputeService compute = mock(ComputeService.class);
  private final StateStore store = mock(StateStore.class);
  private final HandScheduler scheduler = new HandScheduler();
  private VolumeId made = VolumeId.random();
  private final LocalNasService nas =
      new LocalNasService(
          new NasPorts(zvols, exporter, name -> compute, RecordStores.shared(store), scheduler));

  @BeforeEach
  void everythingSucceeds() {
    when(compute.initiator(any())).thenReturn(CompletableFuture.completedFuture(INITIATOR));
    when(zvols.ensure(any(), any(), any(), any()))
        .thenAnswer(
            call -> {
              made = call.getArgument(1, VolumeId.class);
              return zvol(made);
            });
    when(exporter.export(any(), any(), anyLong(), any(), any()))
        .thenAnswer(
            call ->
                new Export(
                    call.getArgument(1, VolumeId.class),
                    TARGET,
                    DEVICE,
                    Set.of(INITIATOR),
                    Set.of()));
    when(compute.attach(any(), any()))
        .thenReturn(
            CompletableFuture.completedFuture(
                new AttachedDevice(
                    TARGET,
                    VolumeId.random(),
                    new DevicePath("/dev/sdb"),
                    new DevicePath("/run/x"),
                    ByteSize.parse("64M"))));
    when(compute.detach(any(), any())).thenReturn(CompletableFuture.completedFuture(null));
  }

  @Test
  void mapShouldRecordItsIntentFirstAndItsResultLast() {
    nas.mapZvol(MAP, OPTIONS).join();

    InOrder order = inOrder(compute, store, zvols, exporter);
    order.verify(compute).initiator(any());
    order.verify(store).write(eq("tank/v1"), state(MappingState.MAPPING));
    order.verify(zvols).ensure(eq(V1), any(), any(), any());
    order.verify(exporter).export(any(), any(), eq(1L), eq(Admission.byName(INITIATOR)), any());
    order.verify(compute).attach(any(), any());
    order.verify(store).write(eq("tank/v1"), state(MappingState.MAPPED));
  }

  @Test
  void everyMappingShouldGetSecretsOfItsOwnWhichAreOnRecordBeforeItsExport() {
    when(exporter.chap()).thenReturn(ChapMode.MUTUAL);
    List<Optional<ChapSecrets>> seen = new ArrayList<>();
    doAnswer(call -> seen.add(onRecord(call.getArgument(1)))).when(store).write(any(), any());
    nas.mapZvol(MAP, OPTIONS).join();
    nas.unmapZvol(V1, OPTIONS).join();
    nas.mapZvol(MAP, OPTIONS).join();

    ArgumentCaptor<Admission> admitted = ArgumentCaptor.forClass(Admission.class);
    ArgumentCaptor<AttachTarget> attached = ArgumentCaptor.forClass(AttachTarget.class);
    verify(exporter, times(2)).export(any(), any(), anyLong(), admitted.capture(), any());
    verify(compute, times(2)).attach(attached.capture(), any());
    ChapSecrets first = requireNonNull(admitted.getAllValues().get(0).chap());
    ChapSecrets second = requireNonNull(admitted.getAllValues().get(1).chap());
    assertThat(Stream.of(first, second))
        .flatExtracting(ChapSecrets::initiator, secrets -> secrets.ofTarget().orElseThrow())
        .doesNotHaveDuplicates()
        .allMatch(secret -> ((String) secret).matches("[0-9a-f]{32}"));
    assertThat(attached.getAllValues())
        .extracting(AttachTarget::chap)
        .containsExactly(first, second);
    assertThat(seen)
        .containsSequence(Optional.of(first), Optional.of(first), Optional.of(first))
        .containsSequence(Optional.empty(), Optional.of(second), Optional.of(second));
  }

  private static Optional<ChapSecrets> onRecord(byte[] record) {
    return Optional.ofNullable(VolumeRecordCodec.decode(record).intent())
        .map(VolumeRecord.Intent::chap);
  }

  @Test
  void unmapShouldEndTheExportOnlyAfterTheDetachIsConfirmed() {
    nas.mapZvol(MAP, OPTIONS).join();
    CompletableFuture<Void> detached = new CompletableFuture<>();
    when(compute.detach(any(), any())).thenReturn(detached);

    CompletableFuture<Void> unmapped = nas.unmapZvol(V1, OPTIONS);

    verify(exporter, never()).unexport(any(), any(), any());
    detached.complete(null);
    assertThat(unmapped).isCompleted();
    InOrder order = inOrder(store, compute, exporter);
    order.verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPING));
    order.verify(compute).detach(any(), any());
    order.verify(exporter).unexport(any(), eq(OpenSessions.END), any());
    order.verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPED));
  }

  @Test
  void aMappingThatCannotBeRecordedShouldBeUndoneBackwards() {
    doThrow(failure(ErrorCode.RESOURCE_EXHAUSTED, false))
        .when(store)
        .write(any(), state(MappingState.MAPPED));
    when(zvols.find(any(), any())).thenAnswer(call -> Optional.of(zvol(made)));

    assertThat(failureOf(nas.mapZvol(MAP, OPTIONS)).code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);

    InOrder order = inOrder(compute, exporter, zvols, store);
    order.verify(compute).attach(any(), any());
    order.verify(compute).detach(any(), any());
    order.verify(exporter).unexport(any(), eq(OpenSessions.END), any());
    order.verify(zvols).delete(eq(V1), any(), any());
    order.verify(store).remove("tank/v1");
  }

  @Test
  void anAdoptedVolumeShouldSurviveTheUndoingOfItsMapping() {
    VolumeId older = VolumeId.random();
    when(zvols.ensure(any(), any(), any(), any())).thenReturn(zvol(older));
    when(zvols.find(any(), any())).thenReturn(Optional.of(zvol(older)));
    when(compute.attach(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.UNAVAILABLE, false)));

    failureOf(nas.mapZvol(MAP, OPTIONS));

    verify(zvols, never()).delete(any(), any(), any());
    verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPED));
  }

  @Test
  void aMappingShouldGoOnFromTheGenerationItsNodeKnowsOf() {
    when(compute.attach(any(), any()))
        .thenReturn(
            CompletableFuture.failedFuture(
                VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "late")
                    .detail(ComputeService.NEWER_GENERATION, "7")
                    .build()));
    nas.listZvols(ZvolQuery.all(), OPTIONS).join();
    when(zvols.ensure(any(), any(), any(), any())).thenReturn(zvol(VolumeId.random()));
    when(zvols.find(any(), any())).thenReturn(Optional.of(zvol(VolumeId.random())));

    failureOf(nas.mapZvol(MAP, OPTIONS));
    failureOf(nas.mapZvol(MAP, OPTIONS));

    verify(exporter).export(any(), any(), eq(8L), any(), any());
  }

  @Test
  void forceShouldNoteTheNodeBeforeItEndsTheExportAndTellItAfterwards() {
    nas.mapZvol(MAP, OPTIONS).join();

    nas.forceUnmapZvol(V1, OPTIONS).join();

    InOrder order = inOrder(store, exporter, compute);
    order.verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPING));
    order.verify(store).write(startsWith("tank/-fence/"), any());
    order.verify(exporter).unexport(any(), eq(OpenSessions.END), any());
    order.verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPED));
    order.verify(compute).detach(any(), any());
    order.verify(store).remove(startsWith("tank/-fence/"));
  }

  @Test
  void aNodeThatCannotBeToldShouldBeToldLater() {
    nas.mapZvol(MAP, OPTIONS).join();
    when(compute.detach(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.UNAVAILABLE, false)))
        .thenReturn(CompletableFuture.completedFuture(null));

    nas.forceUnmapZvol(V1, OPTIONS).join();

    verify(store, never()).remove(any());
    scheduler.pass(Duration.ofSeconds(1));
    verify(store).remove(startsWith("tank/-fence/"));
    scheduler.pass(Duration.ofSeconds(2)); // it looks once more, and rests
    assertThat(scheduler.waiting()).isZero();
  }

  @Test
  void anAttachThatCannotBeUndoneShouldKeepItsExportAndItsRecord() {
    when(compute.attach(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.DEADLINE_EXCEEDED, true)));
    when(compute.detach(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.UNAVAILABLE, false)));

    VmStoreException failure = failureOf(nas.mapZvol(MAP, OPTIONS));

    assertThat(failure.outcomeUnknown()).isTrue();
    verify(exporter, never()).unexport(any(), any(), any());
    verify(store, never()).remove(any());
  }

  @Test
  void aNodeThatIsNotThereShouldCauseNoEffectAtAll() {
    when(compute.initiator(any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.UNAVAILABLE, false)));

    assertThat(failureOf(nas.mapZvol(MAP, OPTIONS)).code()).isEqualTo(ErrorCode.UNAVAILABLE);

    verify(store, never()).write(any(), any());
    verify(zvols, never()).ensure(any(), any(), any(), any());
  }

  @Test
  void aMapThatIsTriedAgainShouldBeANewOperationForTheNode() {
    Zvol adopted = zvol(VolumeId.random());
    when(zvols.ensure(any(), any(), any(), any())).thenReturn(adopted);
    when(compute.attach(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.PERMISSION_DENIED, false)));
    failureOf(nas.mapZvol(MAP, OPTIONS));
    failureOf(nas.mapZvol(MAP, OPTIONS));

    ArgumentCaptor<CallOptions> options = ArgumentCaptor.forClass(CallOptions.class);
    verify(compute, times(2)).attach(any(), options.capture());
    assertThat(options.getAllValues()).extracting(CallOptions::operation).doesNotHaveDuplicates();
  }

  private ByteSize sized(String size) {
    ByteSize bytes = ByteSize.parse(size);
    when(zvols.find(any(), any())).thenAnswer(call -> Optional.of(zvol(made)));
    when(zvols.grow(any(), any(), eq(bytes), any()))
        .thenAnswer(call -> new Zvol(V1, made, true, bytes, DEVICE));
    when(compute.resize(any(), any()))
        .thenAnswer(
            call ->
                CompletableFuture.completedFuture(
                    new AttachedDevice(
                        TARGET,
                        made,
                        new DevicePath("/dev/sdb"),
                        new DevicePath("/run/x"),
                        call.getArgument(0, ResizeTarget.class).size())));
    return bytes;
  }

  private static byte[] growing(boolean growing) {
    return argThat(
        record ->
            record != null
                && new String(record, StandardCharsets.UTF_8).contains("growing") == growing);
  }

  @Test
  void growShouldAskTheNodeRecordItsIntentGrowAndHaveTheNodeLook() {
    nas.mapZvol(MAP, OPTIONS).join();
    ByteSize larger = sized("128M");

    assertThat(nas.growZvol(V1, larger, OPTIONS)).isCompletedWithValue(larger);

    InOrder order = inOrder(store, zvols, compute);
    order.verify(compute).resize(argThat(request -> request.size().equals(MAP.size())), any());
    order.verify(store).write(eq("tank/v1"), growing(true));
    order.verify(zvols).grow(eq(V1), eq(made), eq(larger), any());
    order.verify(compute).resize(argThat(request -> request.size().equals(larger)), any());
    order.verify(store).write(eq("tank/v1"), growing(false));
  }

  @Test
  void aNodeThatCannotLookShouldKeepTheVolumeFromGrowing() {
    nas.mapZvol(MAP, OPTIONS).join();
    ByteSize larger = sized("128M");
    doReturn(CompletableFuture.failedFuture(failure(ErrorCode.UNIMPLEMENTED, false)))
        .when(compute)
        .resize(any(), any());

    VmStoreException failure = failureOf(nas.growZvol(V1, larger, OPTIONS));

    assertThat(failure.code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
    assertThat(failure.outcomeUnknown()).isFalse();
    verify(zvols, never()).grow(any(), any(), any(), any());
    verify(store, never()).write(any(), growing(true));
  }

  @Test
  void aGrowthThatLeavesNoTimeToLookShouldSayThatItMayHaveHappened() {
    nas.mapZvol(MAP, OPTIONS).join();
    ByteSize larger = sized("128M");
    when(zvols.grow(any(), any(), any(), any()))
        .thenAnswer(
            call -> {
              scheduler.pass(OPTIONS.timeout().minusSeconds(1));
              return new Zvol(V1, made, true, larger, DEVICE);
            });

    VmStoreException failure = failureOf(nas.growZvol(V1, larger, OPTIONS));

    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isTrue();
  }

  @Test
  void exposeShouldAskAndTellNoNode() {
    ExposeZvol expose = new ExposeZvol(V1, MAP.remoteHost(), INITIATOR, MAP.size());

    nas.exposeZvol(expose, OPTIONS).join();
    nas.unmapZvol(V1, OPTIONS).join();

    verifyNoInteractions(compute);
    InOrder order = inOrder(store, zvols, exporter);
    order.verify(store).write(eq("tank/v1"), state(MappingState.MAPPING));
    order.verify(zvols).ensure(eq(V1), any(), any(), any());
    order.verify(exporter).export(any(), any(), eq(1L), eq(Admission.byName(INITIATOR)), any());
    order.verify(store).write(eq("tank/v1"), state(MappingState.MAPPED));
    order.verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPING));
    order.verify(exporter).unexport(any(), eq(OpenSessions.REFUSE), any());
    order.verify(store).write(eq("tank/v1"), state(MappingState.UNMAPPED));
  }

  @Test
  void deleteShouldRecordItsIntentAndForgetTheVolumeLast() {
    nas.mapZvol(MAP, OPTIONS).join();
    nas.unmapZvol(V1, OPTIONS).join();

    nas.deleteZvol(V1, OPTIONS).join();

    InOrder order = inOrder(store, zvols);
    order.verify(store).write(eq("tank/v1"), state(MappingState.DELETING));
    order.verify(zvols).delete(eq(V1), any(), any());
    order.verify(store).remove("tank/v1");
  }

  @Test
  void aDeletionThatIsNotForgottenShouldNotPassForAVolumeStillThere() {
    nas.mapZvol(MAP, OPTIONS).join();
    nas.unmapZvol(V1, OPTIONS).join();
    doThrow(failure(ErrorCode.UNAVAILABLE, false)).when(store).remove(any());

    assertThat(failureOf(nas.deleteZvol(V1, OPTIONS)).outcomeUnknown()).isTrue();
  }

  @Test
  void aRefusedUnmapThatStaysUnmappingShouldSaySo() {
    nas.mapZvol(MAP, OPTIONS).join();
    when(compute.detach(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.FAILED_PRECONDITION, false)));
    doThrow(failure(ErrorCode.UNAVAILABLE, false))
        .when(store)
        .write(any(), state(MappingState.MAPPED));

    assertThat(failureOf(nas.unmapZvol(V1, OPTIONS)).outcomeUnknown()).isTrue();
  }

  @Test
  void aRecordOfTheStoreThatCannotBeReadShouldPreventTheStart() {
    when(store.readAll()).thenReturn(Map.of("tank/v9", new byte[] {'{', '}'}));

    assertThat(
            catchThrowableOfType(
                VmStoreException.class,
                () ->
                    new LocalNasService(
                        new NasPorts(
                            zvols,
                            exporter,
                            name -> compute,
                            RecordStores.shared(store),
                            new HandScheduler()))))
        .hasMessageContaining("tank/v9");
  }

  private static Zvol zvol(VolumeId id) {
    return new Zvol(V1, id, true, ByteSize.parse("64M"), DEVICE);
  }

  private static byte[] state(MappingState state) {
    return argThat(
        record ->
            record != null
                && new String(record, StandardCharsets.UTF_8)
                    .contains("\"state\":\"" + state + "\""));
  }

  private static VmStoreException failure(ErrorCode code, boolean outcomeUnknown) {
    return VmStoreException.builder(code, "failed").outcomeUnknown(outcomeUnknown).build();
  }

  private static VmStoreException failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return Failures.of(future.handle((value, thrown) -> thrown).join());
  }
}
