package io.vmstore.testkit.roles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.ComputeNode;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryNetwork;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** After a power cut the broker may come last: its own disk may be on the NAS. */
class WithoutBrokerTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final NodeName COMPUTE = new NodeName("compute1");
  private static final PoolName TANK = new PoolName("tank");
  private static final ZvolName ZVOL = new ZvolName(TANK, "v1");
  private static final Authorization ANYBODY = Authorization.ofOneUser("*");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final CallOptions OPTIONS = CallOptions.within(PATIENCE);

  private final SystemScheduler messages = SystemScheduler.create("messages");
  private final MemoryNetwork network = new MemoryNetwork(messages);
  private final MemoryFabric fabric = new MemoryFabric();
  private final TargetExporter exporter = fabric.targetExporter(NAS, Portal.parse("10.0.0.1"));
  private SystemScheduler life = SystemScheduler.create("life");
  private Transport nasTransport = network.transport(NAS);
  private Transport computeTransport = network.transport(COMPUTE);
  private MemoryStateStore nasRecords = new MemoryStateStore();
  private MemoryStateStore computeRecords = new MemoryStateStore();
  private NasNode nas = startNas().serve(nasTransport);
  private ComputeNode compute = startCompute().serve(computeTransport);

  @BeforeEach
  void map() {
    MapZvol request = new MapZvol(ZVOL, COMPUTE, ByteSize.mebibytes(1));
    answer(nas.service().mapZvol(request, OPTIONS));
  }

  @AfterEach
  void stop() {
    life.close();
    messages.close();
  }

  @Test
  void exportsAndDevicesShouldComeBack() {
    powerCut();
    answer(nas.recovered());
    answer(compute.recovered());

    assertThat(answer(compute.service().listDevices(OPTIONS))).hasSize(1);
    assertThat(answer(nas.service().listZvols(ZvolQuery.all(), OPTIONS)))
        .extracting(ZvolStatus::state)
        .containsExactly(MappingState.MAPPED);
  }

  @Test
  void whatTakesAnotherNodeShouldBeSettledOnceTheNodeServes() {
    network.cut(NAS, COMPUTE);
    CallOptions soon = CallOptions.within(Duration.ofMillis(100));
    assertThatThrownBy(() -> answer(nas.service().unmapZvol(ZVOL, soon)))
        .hasMessageContaining("DEADLINE_EXCEEDED");
    network.heal();
    powerCut();
    assertThatThrownBy(() -> answer(nas.service().unmapZvol(ZVOL, OPTIONS)))
        .hasMessageContaining("no connection to a broker yet");
    assertThat(nas.recovered()).isNotDone();

    compute.serve(network.transport(COMPUTE));
    nas.serve(network.transport(NAS));
    answer(nas.recovered());

    assertThat(answer(compute.service().listDevices(OPTIONS))).isEmpty();
    assertThat(exporter.list(Deadline.after(PATIENCE))).isEmpty();
  }

  @Test
  void aNodeWhoseNameIsTakenShouldServeOnceItIsFree() {
    nasRecords = new MemoryStateStore();
    NasNode second = startNas();
    Transport transport = network.transport(NAS);
    assertThatThrownBy(() -> second.serve(transport)).hasMessageContaining("ALREADY_EXISTS");
    MapZvol request = new MapZvol(new ZvolName(TANK, "v2"), COMPUTE, ByteSize.mebibytes(1));
    assertThatThrownBy(() -> answer(second.service().mapZvol(request, OPTIONS)))
        .hasMessageContaining("no connection to a broker yet");

    nasTransport.close();
    second.serve(transport);
    Transport frontend = network.transport(new NodeName("frontend"));
    assertThat(answer(VmStore.over(frontend, ANYBODY).nas(NAS).mapZvol(request, OPTIONS)).host())
        .isEqualTo(COMPUTE);
  }

  /** Both machines lose power, and start while there is no broker. */
  private void powerCut() {
    nasTransport.close();
    computeTransport.close();
    life.close();
    life = SystemScheduler.create("next life");
    nasRecords = nasRecords.reopen();
    computeRecords = computeRecords.reopen();
    fabric.loseKernelState(NAS);
    fabric.loseKernelState(COMPUTE);
    nas = startNas();
    compute = startCompute();
  }

  private static <T> T answer(CompletableFuture<T> future) {
    return future.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  private NasNode startNas() {
    return NasNode.builder(NAS, TANK)
        .zvols(fabric.zvolManager(TANK))
        .exporter(exporter)
        .store(nasRecords)
        .scheduler(life)
        .authorization(ANYBODY)
        .start();
  }

  private ComputeNode startCompute() {
    return ComputeNode.builder(COMPUTE)
        .connector(fabric.targetConnector(COMPUTE))
        .store(computeRecords)
        .scheduler(life)
        .authorization(ANYBODY)
        .start();
  }
}
