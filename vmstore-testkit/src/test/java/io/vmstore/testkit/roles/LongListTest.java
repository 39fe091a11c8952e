package io.vmstore.testkit.roles;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryNetwork;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A list of more volumes than one message has room for. */
class LongListTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final PoolName TANK = new PoolName("tank");
  private static final int VOLUMES = 12_000;

  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryNetwork network = new MemoryNetwork(scheduler);

  @AfterEach
  void stop() {
    scheduler.close();
  }

  @Test
  void aListShouldHoldEveryVolumeOnceAndInOrder() {
    List<ZvolName> names =
        IntStream.range(0, VOLUMES)
            .mapToObj(i -> new ZvolName(TANK, "v%06d".formatted(i)))
            .toList();
    MemoryFabric fabric = new MemoryFabric();
    names.forEach(name -> fabric.createUnmarkedVolume(name, ByteSize.mebibytes(1)));
    NasNode node =
        NasNode.builder(NAS, TANK)
            .zvols(fabric.zvolManager(TANK))
            .exporter(fabric.targetExporter(NAS, Portal.parse("10.0.0.1")))
            .store(new MemoryStateStore())
            .scheduler(scheduler)
            .authorization(Authorization.ofOneUser("*"))
            .start()
            .serve(network.transport(NAS));
    assertThat(node.service()).isNotNull();

    NasService remote =
        VmStore.over(network.transport(new NodeName("f")), Authorization.ofOneUser("*")).nas(NAS);
    List<ZvolStatus> listed =
        remote.listZvols(ZvolQuery.all(), CallOptions.within(Duration.ofMinutes(1))).join();

    assertThat(listed).extracting(ZvolStatus::zvol).isEqualTo(names);
  }
}
