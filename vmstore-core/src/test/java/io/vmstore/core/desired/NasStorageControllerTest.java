package io.vmstore.core.desired;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.ZvolStatus;
import io.vmstore.core.SystemScheduler;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the contract's NASes do not do. */
class NasStorageControllerTest {
  private static final NodeName HOST = new NodeName("h1");
  private static final ZvolName V1 = ZvolName.parse("tank/v1");
  private static final DesiredVolume DELETED = DesiredVolume.absent(new NodeName("nas1"), V1);
  private static final ZvolStatus UNMAPPED =
      new ZvolStatus(V1, ByteSize.gibibytes(1), MappingState.UNMAPPED, null, null);

  private final NasService nas = mock(NasService.class);
  private final SystemScheduler scheduler = SystemScheduler.create("test");

  @AfterEach
  void close() {
    scheduler.close();
  }

  private VmStoreException failure(DesiredVolume wish) {
    List<VolumeOutcome> outcomes =
        new NasStorageController(name -> nas, scheduler)
            .ensure(
                DesiredDocument.of(wish),
                CallOptions.within(Duration.ofSeconds(20)),
                1,
                EnsureProgress.NONE)
            .join();
    return Objects.requireNonNull(outcomes.get(0).failure());
  }

  @Test
  void aNasThatTellsNoVersionShouldBeRefusedBeforeAnythingIsDone() {
    when(nas.listZvols(any(), any()))
        .thenReturn(CompletableFuture.completedFuture(List.of(UNMAPPED)));
    assertThat(failure(DELETED).code()).isEqualTo(ErrorCode.UNIMPLEMENTED);
    verify(nas, never()).deleteZvol(any(), any());
  }

  @Test
  void aStepThatDoesNotLastShouldNotBeTakenForEver() {
    when(nas.listZvols(any(), any()))
        .thenReturn(CompletableFuture.completedFuture(List.of(UNMAPPED.as(ZvolVersion.NONE))));
    when(nas.deleteZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(null));
    assertThat(failure(DELETED).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
    verify(nas, times(3)).deleteZvol(any(), any());
  }

  @Test
  void aNasThatThrowsShouldFailTheVolumeAndNotTheCall() {
    when(nas.listZvols(any(), any())).thenThrow(new IllegalStateException("a defect"));
    assertThat(failure(DesiredVolume.connected(new NodeName("nas1"), V1, HOST)).code())
        .isEqualTo(ErrorCode.INTERNAL);
  }
}
