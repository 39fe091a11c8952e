package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.MapZvol;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Export;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A forced unmap does not wait for what waits for the node it shuts out. */
class OvertakingTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.random();
  private static final NodeName HOST = new NodeName("c1");
  private static final Iqn INITIATOR = new Iqn("iqn.2026-11.io.vmstore:c1");
  private static final Target TARGET =
      new Target(new Iqn("iqn.2026-11.io.vmstore:tank.v1"), List.of(Portal.parse("10.0.0.1:3260")));
  private static final ByteSize SIZE = ByteSize.parse("64M");
  private static final Zvol ZVOL = new Zvol(V1, ID, true, SIZE, new DevicePath("/dev/zd0"));
  private static final CallOptions LONG = CallOptions.within(Duration.ofSeconds(30));
  private static final CallOptions SHORT = CallOptions.within(Duration.ofSeconds(1));

  private final ZvolManager zvols = mock(ZvolManager.class);
  private final TargetExporter exporter = mock(TargetExporter.class);
  private final ComputeService compute = mock(ComputeService.class);
  private final Records store = new Records();
  private final HandScheduler scheduler = new HandScheduler();

  /** What a dead node never says, unless a test has it say something in the end. */
  private final CompletableFuture<Void> detached = new CompletableFuture<>();

  @BeforeEach
  void theNodeDoesNotAnswer() {
    Export export = new Export(ID, TARGET, ZVOL.device(), Set.of(INITIATOR), Set.of());
    when(zvols.find(any(), any())).thenReturn(Optional.of(ZVOL));
    when(exporter.list(any())).thenReturn(List.of(export));
    when(compute.detach(any(), any())).thenReturn(detached);
  }

  @Test
  void aForcedUnmapShouldOvertakeAnUnmapWhoseCallerIsTold() {
    LocalNasService nas = nas(mapped());
    CompletableFuture<Void> unmapped = nas.unmapZvol(V1, LONG);
    CompletableFuture<Void> patient = nas.unmapZvol(V1, LONG);

    assertThat(nas.forceUnmapZvol(V1, SHORT)).isCompleted();

    VmStoreException told = failureOf(unmapped);
    assertThat(told.code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(told.outcomeUnknown()).isTrue();
    assertThat(told).hasMessageContaining("a forced unmap of the volume took over");
    assertThat(patient).isCompleted();
    assertThat(store.volume().state()).isEqualTo(MappingState.UNMAPPED);
  }

  @Test
  void anAnswerThatComesAfterwardsShouldChangeNothing() {
    LocalNasService nas = nas(mapped());
    CompletableFuture<Void> unmapped = nas.unmapZvol(V1, LONG);
    nas.forceUnmapZvol(V1, SHORT).join();
    int writes = store.writes;

    // A refusal, in time, puts MAPPED on record again.
    detached.completeExceptionally(
        VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "it is open").build());

    assertThat(unmapped).isCompletedExceptionally();
    assertThat(store.writes).isEqualTo(writes);
    assertThat(store.volume().state()).isEqualTo(MappingState.UNMAPPED);
  }

  @Test
  void aForcedUnmapShouldOvertakeTheRecovery() {
    LocalNasService nas = nas(mapped().unmapping(OperationId.random()));
    CompletableFuture<Void> recovered = nas.recover();

    assertThat(nas.forceUnmapZvol(V1, SHORT)).isCompleted();
    assertThat(store.volume().state()).isEqualTo(MappingState.UNMAPPED);
    detached.complete(null); // the node is back, and drops its device
    scheduler.pass(Duration.ofSeconds(1));
    assertThat(recovered).isCompleted();
    assertThat(store.values).containsOnlyKeys("tank/v1");
  }

  @Test
  void aForcedUnmapShouldOvertakeAMapAndItsUndoing() {
    LocalNasService nas = nas(VolumeRecord.unmapped(V1, ID, 4, OperationId.random()));
    when(compute.initiator(any())).thenReturn(CompletableFuture.completedFuture(INITIATOR));
    when(zvols.ensure(any(), any(), any(), any())).thenReturn(ZVOL);
    when(exporter.export(any(), any(), anyLong(), any(), any()))
        .thenReturn(new Export(ID, TARGET, ZVOL.device(), Set.of(INITIATOR), Set.of()));
    when(exporter.targetOf(any(), any(), anyLong())).thenReturn(TARGET);
    when(compute.attach(any(), any())).thenReturn(new CompletableFuture<>());
    CompletableFuture<?> mapped = nas.mapZvol(new MapZvol(V1, HOST, SIZE), LONG);

    assertThat(nas.forceUnmapZvol(V1, SHORT)).isCompleted();

    assertThat(failureOf(mapped).outcomeUnknown()).isTrue();
    assertThat(store.volume().state()).isEqualTo(MappingState.UNMAPPED);
    assertThat(store.volume().generation()).isEqualTo(5);
  }

  private LocalNasService nas(VolumeRecord record) {
    store.write("tank/v1", VolumeRecordCodec.encode(record));
    return new LocalNasService(
        new NasPorts(zvols, exporter, name -> compute, RecordStores.shared(store), scheduler));
  }

  private static VolumeRecord mapped() {
    return VolumeRecord.unmapped(V1, ID, 0, OperationId.random())
        .mapping(new Intent(HOST, INITIATOR, false, null, false), OperationId.random())
        .mapped(
            new Result(
                SIZE,
                TARGET,
                new Device(new DevicePath("/dev/sdb"), new DevicePath("/run/x")),
                false));
  }

  private static VmStoreException failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return Failures.of(future.handle((value, thrown) -> thrown).join());
  }

  private static final class Records implements StateStore {
    private final Map<String, byte[]> values = new TreeMap<>();
    private int writes;

    VolumeRecord volume() {
      return VolumeRecordCodec.decode(Objects.requireNonNull(values.get("tank/v1")));
    }

    @Override
    public Map<String, byte[]> readAll() {
      return Map.copyOf(values);
    }

    @Override
    public void write(String key, byte[] value) {
      writes++;
      values.put(key, value);
    }

    @Override
    public void remove(String key) {
      writes++;
      values.remove(key);
    }

    @Override
    public void close() {}
  }
}
