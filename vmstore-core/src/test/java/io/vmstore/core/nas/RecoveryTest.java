package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Repair;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Export;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

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
  private final HandScheduler scheduler = new HandScheduler();

  @Test
  void aPoolThatIsAwayShouldNotHoldUpTheOthers() {
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(mapped())));
    when(zvols.list(any()))
        .thenThrow(VmStoreException.builder(ErrorCode.NOT_FOUND, "pool 'other' is away").build());
    when(zvols.find(eq(V1), any())).thenReturn(Optional.of(zvol()));

    nas().recover();

    verify(exporter).export(any(), eq(ID), anyLong(), eq(INITIATOR), any());
  }

  @Test
  void anOrphanShouldBeEndedOnlyWhenSomebodyAsksForIt() {
    VolumeRecord unmapped = VolumeRecord.unmapped(V1, ID, 1, OperationId.random());
    when(store.readAll()).thenReturn(Map.of("tank/v1", VolumeRecordCodec.encode(unmapped)));
    when(exporter.list(any()))
        .thenReturn(
            List.of(
                new Export(ID, TARGET, new DevicePath("/dev/zd0"), Set.of(INITIATOR), Set.of())));
    LocalNasService nas = nas();
    List<Finding> found = nas.reconcile(Repair.DRY_RUN, OPTIONS).join();

    assertThat(found).extracting(Finding::kind).containsExactly(Kind.ORPHAN_EXPORT);
    verify(exporter, never()).unexport(any(), any(), any());
    nas.reconcile(Repair.SETTLE, OPTIONS).join();
    verify(exporter).unexport(eq(ID), eq(OpenSessions.REFUSE), any());
  }

  private LocalNasService nas() {
    ComputeService nobody = mock(ComputeService.class);
    return new LocalNasService(new NasPorts(zvols, exporter, name -> nobody, store, scheduler));
  }

  private static Zvol zvol() {
    return new Zvol(V1, ID, true, ByteSize.parse("64M"), new DevicePath("/dev/zd0"));
  }

  private static VolumeRecord mapped() {
    return VolumeRecord.unmapped(V1, ID, 0, OperationId.random())
        .mapping(new Intent(new NodeName("c1"), INITIATOR, false), OperationId.random())
        .mapped(
            new Result(
                ByteSize.parse("64M"),
                TARGET,
                new DevicePath("/dev/sdb"),
                new DevicePath("/run/x")));
  }
}
