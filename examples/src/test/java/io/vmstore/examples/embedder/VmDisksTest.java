package io.vmstore.examples.embedder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.mockito.InOrder;

class VmDisksTest {
  private static final ZvolName DISK = ZvolName.parse("tank/vm-17-disk0");
  private static final NodeName HOST = new NodeName("compute1");
  private static final ByteSize SIZE = ByteSize.gibibytes(10);
  private static final MapZvol REQUEST = new MapZvol(DISK, HOST, SIZE);
  private static final Mapping MAPPING =
      new Mapping(
          DISK,
          VolumeId.parse("6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11"),
          HOST,
          SIZE,
          new Target(new Iqn("iqn.2026-11.io.vmstore:vm-17"), List.of(Portal.parse("10.0.0.1"))),
          new DevicePath("/dev/sda"),
          new DevicePath("/run/vmstore/devices/6f1c2f0e-8d8f-4f57-9f2e-0a4b8a1f0c11"),
          1);

  private final NasService nas = mock(NasService.class);
  private final VmDisks disks = new VmDisks(nas, new PoolName("tank"), Duration.ofSeconds(30));

  @Test
  void attachShouldReturnThePathThatSurvivesReboots() {
    when(nas.mapZvol(eq(REQUEST), any())).thenReturn(CompletableFuture.completedFuture(MAPPING));
    assertThat(disks.attach("vm-17", HOST, SIZE)).isEqualTo(MAPPING.stablePath());
  }

  @Test
  void attachShouldRepeatTheSameOperationWhenTheAnswerWasLost() {
    when(nas.mapZvol(any(), any()))
        .thenReturn(failed(ErrorCode.DEADLINE_EXCEEDED))
        .thenReturn(CompletableFuture.completedFuture(MAPPING));
    disks.attach("vm-17", HOST, SIZE);
    ArgumentCaptor<CallOptions> options = ArgumentCaptor.forClass(CallOptions.class);
    verify(nas, times(2)).mapZvol(any(), options.capture());
    assertThat(options.getAllValues().stream().map(CallOptions::operation).distinct()).hasSize(1);
  }

  @Test
  void attachShouldGiveUpAfterThreeAttempts() {
    when(nas.mapZvol(any(), any())).thenReturn(failed(ErrorCode.BUSY));
    assertThatThrownBy(() -> disks.attach("vm-17", HOST, SIZE))
        .isInstanceOf(VmStoreException.class);
    verify(nas, times(3)).mapZvol(any(), any());
  }

  @Test
  void attachShouldNotRepeatWhatCannotSucceed() {
    when(nas.mapZvol(any(), any())).thenReturn(failed(ErrorCode.RESOURCE_EXHAUSTED));
    assertThatThrownBy(() -> disks.attach("vm-17", HOST, SIZE))
        .isInstanceOf(VmStoreException.class);
    verify(nas, times(1)).mapZvol(any(), any());
  }

  @Test
  void moveShouldDetachBeforeItAttaches() {
    when(nas.unmapZvol(any(), any())).thenReturn(done());
    when(nas.mapZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(MAPPING));
    disks.move("vm-17", HOST, SIZE);
    InOrder order = inOrder(nas);
    order.verify(nas).unmapZvol(eq(DISK), any());
    order.verify(nas).mapZvol(eq(REQUEST), any());
  }

  @Test
  void moveShouldNotAttachADiskInUse() {
    when(nas.unmapZvol(any(), any())).thenReturn(failed(ErrorCode.FAILED_PRECONDITION));
    assertThatThrownBy(() -> disks.move("vm-17", HOST, SIZE))
        .isInstanceOf(DiskInUseException.class);
    verify(nas, never()).mapZvol(any(), any());
  }

  @Test
  void destroyShouldDeleteAfterItDetached() {
    when(nas.unmapZvol(any(), any())).thenReturn(done());
    when(nas.deleteZvol(any(), any())).thenReturn(done());
    disks.destroy("vm-17");
    InOrder order = inOrder(nas);
    order.verify(nas).unmapZvol(eq(DISK), any());
    order.verify(nas).deleteZvol(eq(DISK), any());
  }

  @Test
  void destroyShouldAcceptADiskThatIsGone() {
    when(nas.unmapZvol(any(), any())).thenReturn(failed(ErrorCode.NOT_FOUND));
    when(nas.deleteZvol(any(), any())).thenReturn(done());
    disks.destroy("vm-17");
    verify(nas).deleteZvol(eq(DISK), any());
  }

  @Test
  void destroyShouldKeepADiskInUse() {
    when(nas.unmapZvol(any(), any())).thenReturn(failed(ErrorCode.FAILED_PRECONDITION));
    assertThatThrownBy(() -> disks.destroy("vm-17")).isInstanceOf(DiskInUseException.class);
    verify(nas, never()).deleteZvol(any(), any());
  }

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }

  private static <T> CompletableFuture<T> failed(ErrorCode code) {
    return CompletableFuture.failedFuture(VmStoreException.builder(code, "cannot do it").build());
  }
}
