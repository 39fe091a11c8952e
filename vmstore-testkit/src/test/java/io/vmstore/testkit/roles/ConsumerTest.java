package io.vmstore.testkit.roles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.ManagedVolumes;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.desired.NasStorageController;
import io.vmstore.core.json.Json;
import io.vmstore.core.managed.ConnectionInfo;
import io.vmstore.core.managed.LocalManagedVolumes;
import io.vmstore.core.nas.LocalNasService;
import io.vmstore.core.nas.NasPorts;
import io.vmstore.core.nas.RecordStores;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.error.ErrorCode;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A controller and a consumer that share nothing but two documents: what the host says of itself,
 * and how it reaches its volume.
 */
class ConsumerTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final NodeName HOST = new NodeName("host1");
  private static final PoolName POOL = new PoolName("tank");
  private static final DesiredVolume VOLUME =
      DesiredVolume.connected(NAS, new ZvolName(POOL, "v1"), HOST).ofSize(ByteSize.mebibytes(16));

  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryFabric fabric = new MemoryFabric();
  private final ComputeService compute = mock(ComputeService.class);
  private final LocalNasService nas =
      new LocalNasService(
          new NasPorts(
              fabric.zvolManager(POOL),
              fabric.targetExporter(NAS, Portal.parse("10.0.0.1")),
              name -> compute,
              RecordStores.shared(new MemoryStateStore()),
              scheduler));
  private final ManagedVolumes consumer =
      new LocalManagedVolumes(fabric.volumeConnector(HOST), new MemoryStateStore(), scheduler);

  @AfterEach
  void close() {
    scheduler.close();
  }

  private static CallOptions options() {
    return CallOptions.within(Duration.ofSeconds(10));
  }

  private VolumeOutcome ensure(DesiredVolume volume) {
    return new NasStorageController(name -> nas, scheduler)
        .ensure(DesiredDocument.of(volume), options(), 1, EnsureProgress.NONE)
        .join()
        .get(0);
  }

  @Test
  void aConsumerShouldAttachByItselfAndDetachBeforeItIsDisconnected() {
    DesiredVolume wish = VOLUME.attachedBy(consumer.connectorInfo(options()).join().initiator());
    byte[] told =
        Json.write(ConnectionInfo.write(Objects.requireNonNull(ensure(wish).connection())));

    ManagedVolume attached =
        consumer.attachVolume("v1", ConnectionInfo.read(told), options()).join();
    assertThat(attached.exists()).isTrue();
    DesiredVolume disconnected = DesiredVolume.disconnected(NAS, wish.zvol());
    assertThat(Objects.requireNonNull(ensure(disconnected).failure()).code())
        .isEqualTo(ErrorCode.FAILED_PRECONDITION);

    consumer.detachVolume("v1", options()).join();
    assertThat(ensure(disconnected).result()).isEqualTo(Result.CHANGED);
    assertThat(ensure(DesiredVolume.absent(NAS, wish.zvol())).result()).isEqualTo(Result.CHANGED);
    verifyNoInteractions(compute);
  }
}
