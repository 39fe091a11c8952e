package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
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
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is on record is listed, also when its volume is missing. */
class ListTest {
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final VolumeId ID = VolumeId.random();
  private static final ByteSize SIZE = ByteSize.parse("64M");
  private static final Zvol OTHER =
      new Zvol(ZvolName.parse("tank/v0"), ID, true, SIZE, new DevicePath("/dev/zd0"));
  private static final CallOptions OPTIONS = CallOptions.within(Duration.ofSeconds(30));

  private final ZvolManager zvols = mock(ZvolManager.class);
  private final StateStore store = mock(StateStore.class);

  @Test
  void aMappedVolumeThatIsMissingShouldBeListedWithTheSizeOnRecord() {
    LocalNasService nas = nas(mapped());

    List<ZvolStatus> all = nas.listZvols(ZvolQuery.all(), OPTIONS).join();

    assertThat(all).extracting(ZvolStatus::zvol).containsExactly(OTHER.name(), V1);
    assertThat(all.get(1).state()).isEqualTo(MappingState.MAPPED);
    assertThat(all.get(1).size()).isEqualTo(SIZE);
    assertThat(nas.listZvols(ZvolQuery.named(V1), OPTIONS).join()).containsExactly(all.get(1));
  }

  @Test
  void aVolumeWhoseDeletionHasNotEndedShouldBeListedWithoutASize() {
    List<ZvolStatus> one =
        nas(unmapped().deleting(OperationId.random()))
            .listZvols(ZvolQuery.named(V1), OPTIONS)
            .join();

    assertThat(one)
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("version")
        .containsExactly(new ZvolStatus(V1, null, MappingState.DELETING, null, null));
  }

  @Test
  void aVolumeThatNobodyHasAndThatIsGoneShouldNotBeListed() {
    LocalNasService nas = nas(unmapped());

    assertThat(nas.listZvols(ZvolQuery.all(), OPTIONS).join())
        .extracting(ZvolStatus::zvol)
        .containsExactly(OTHER.name());
    assertThat(nas.listZvols(ZvolQuery.named(V1), OPTIONS).join()).isEmpty();
  }

  @Test
  void aVolumeThatCameSinceTheListingShouldNotPassForMissing() {
    Zvol created = new Zvol(V1, ID, true, ByteSize.parse("65M"), new DevicePath("/dev/zd1"));
    LocalNasService nas = nas(mapped());
    when(zvols.list(any(), anyInt(), any()))
        .thenReturn(List.of(OTHER))
        .thenReturn(List.of(OTHER, created));

    assertThat(nas.listZvols(ZvolQuery.all(), OPTIONS).join())
        .extracting(ZvolStatus::size)
        .containsExactly(OTHER.size(), created.size());
  }

  private LocalNasService nas(VolumeRecord record) {
    Map<String, byte[]> stored = new TreeMap<>();
    stored.put(record.zvol().toString(), VolumeRecordCodec.encode(record));
    when(store.readAll()).thenReturn(stored);
    when(zvols.list(any(), anyInt(), any())).thenReturn(List.of(OTHER));
    return new LocalNasService(
        new NasPorts(
            zvols,
            mock(TargetExporter.class),
            name -> mock(ComputeService.class),
            RecordStores.shared(store),
            new HandScheduler()));
  }

  private static VolumeRecord unmapped() {
    return VolumeRecord.unmapped(V1, ID, 1, OperationId.random());
  }

  private static VolumeRecord mapped() {
    Target target =
        new Target(
            new Iqn("iqn.2026-11.io.vmstore:tank.v1"), List.of(Portal.parse("10.0.0.1:3260")));
    return unmapped()
        .mapping(
            new Intent(
                new NodeName("c1"), new Iqn("iqn.2026-11.io.vmstore:c1"), false, null, false),
            OperationId.random())
        .mapped(
            new Result(
                SIZE,
                target,
                new Device(new DevicePath("/dev/sdb"), new DevicePath("/run/x")),
                false));
  }
}
