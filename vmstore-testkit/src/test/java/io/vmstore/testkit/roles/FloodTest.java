package io.vmstore.testkit.roles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.error.ErrorCode;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.fault.FaultPlan;
import io.vmstore.testkit.fault.Gate;
import io.vmstore.testkit.fault.PortCall;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryNetwork;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One frontend sends hundreds of requests while ZFS hangs; another one is served all the same. */
class FloodTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final PoolName TANK = new PoolName("tank");
  private static final ZvolName VOLUME = new ZvolName(TANK, "v1");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int FLOOD = 500;

  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryNetwork network = new MemoryNetwork(scheduler);
  private final FaultPlan faults = new FaultPlan();
  private final MemoryFabric fabric = new MemoryFabric();
  private int longest = Integer.MAX_VALUE;

  private NasService nasFor(String frontend) {
    return VmStore.over(network.transport(new NodeName(frontend)), Authorization.ofOneUser("*"))
        .nas(NAS);
  }

  private void start() {
    NasNode node =
        NasNode.builder(NAS, TANK)
            .zvols(faults.wrap(fabric.zvolManager(TANK)))
            .exporter(fabric.targetExporter(NAS, Portal.parse("10.0.0.1")))
            .store(new MemoryStateStore())
            .scheduler(scheduler)
            .authorization(Authorization.ofOneUser("*"))
            .start()
            .serve(new Narrow(network.transport(NAS), longest));
    assertThat(node.service()).isNotNull();
  }

  @AfterEach
  void stop() {
    faults.clear();
    scheduler.close();
  }

  @Test
  void oneSendersFloodShouldLeaveTheOthersServedAndPass() {
    start();
    Gate zfs = faults.before(PortCall.ZVOL_FIND).block();
    NasService mallory = nasFor("mallory");
    List<CompletableFuture<?>> flood = new ArrayList<>();
    flood.add(mallory.deleteZvol(VOLUME, CallOptions.within(PATIENCE)));
    zfs.awaitReached(PATIENCE);
    for (int i = 1; i < FLOOD; i++) {
      flood.add(mallory.unmapZvol(VOLUME, CallOptions.within(PATIENCE))); // waits for the delete
    }

    NasService alice = nasFor("alice");
    assertThat(alice.listZvols(ZvolQuery.all(), CallOptions.within(PATIENCE)))
        .succeedsWithin(PATIENCE);

    assertThat(mallory.listZvols(ZvolQuery.all(), CallOptions.within(Duration.ofMillis(400))))
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .withMessageContaining("BUSY");

    zfs.release();
    // Whatever found no room was asked again, and none was lost.
    assertThat(flood)
        .extracting(call -> catchThrowable(call::join))
        .filteredOn(failure -> failure != null)
        .extracting(failure -> Failures.of(failure).code())
        .doesNotContain(ErrorCode.BUSY, ErrorCode.DEADLINE_EXCEEDED);
    assertThat(mallory.listZvols(ZvolQuery.all(), CallOptions.within(PATIENCE)))
        .succeedsWithin(PATIENCE);
  }

  @Test
  void anAnswerTheTransportCannotCarryShouldBeAnErrorInTime() {
    for (int i = 0; i < 10; i++) {
      fabric.createUnmarkedVolume(new ZvolName(TANK, "v" + i), ByteSize.mebibytes(1));
    }
    longest = 500;
    start();

    assertThat(nasFor("alice").listZvols(ZvolQuery.all(), CallOptions.within(PATIENCE)))
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .withMessageContaining("RESOURCE_EXHAUSTED")
        .withMessageContaining("500 is the most");
  }

  /** Carries as much as the test says. */
  private record Narrow(Transport wide, int maximumBodyBytes) implements Transport {
    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      return wide.request(to, body, timeout);
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      wide.serve(name, handler);
    }

    @Override
    public void close() {
      wide.close();
    }
  }
}
