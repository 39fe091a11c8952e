package io.vmstore.testkit.roles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.ZvolQuery;
import io.vmstore.core.ComputeNode;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Scheduler;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryNetwork;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes that have nothing to do have nothing planned either, so they never wake by themselves. */
class IdleTest {
  private static final NodeName NAS = new NodeName("nas1");
  private static final NodeName COMPUTE = new NodeName("compute1");
  private static final PoolName TANK = new PoolName("tank");
  private static final Authorization ANYBODY = Authorization.ofOneUser("*");

  private final SystemScheduler threads = SystemScheduler.create("testkit");
  private final CountingScheduler scheduler = new CountingScheduler(threads);
  private final MemoryNetwork network = new MemoryNetwork(threads);
  private final MemoryFabric fabric = new MemoryFabric();

  @AfterEach
  void stop() {
    threads.close();
  }

  @Test
  void nodesShouldHaveNothingPlannedOnceTheirWorkIsDone() {
    startNodes();
    CallOptions options = CallOptions.within(Duration.ofSeconds(30));
    NasService nas = VmStore.over(network.transport(new NodeName("f")), ANYBODY).nas(NAS);
    ZvolName zvol = new ZvolName(TANK, "v1");
    nas.mapZvol(new MapZvol(zvol, COMPUTE, ByteSize.mebibytes(1)), options).join();
    assertThat(nas.listZvols(ZvolQuery.all(), options).join()).hasSize(1);

    await().untilAsserted(() -> assertThat(scheduler.unfinished()).isZero());
  }

  private void startNodes() {
    ComputeNode.builder(COMPUTE)
        .connector(fabric.targetConnector(COMPUTE))
        .store(new MemoryStateStore())
        .scheduler(scheduler)
        .authorization(ANYBODY)
        .start()
        .serve(network.transport(COMPUTE))
        .recovered()
        .join();
    NasNode.builder(NAS, TANK)
        .zvols(fabric.zvolManager(TANK))
        .exporter(fabric.targetExporter(NAS, Portal.parse("10.0.0.1")))
        .store(new MemoryStateStore())
        .scheduler(scheduler)
        .authorization(ANYBODY)
        .start()
        .serve(network.transport(NAS))
        .recovered()
        .join();
  }

  /** Counts what was given to it and has neither ended nor been cancelled. */
  private static final class CountingScheduler implements Scheduler {
    private final Scheduler threads;
    private final AtomicInteger unfinished = new AtomicInteger();

    private CountingScheduler(Scheduler threads) {
      this.threads = threads;
    }

    int unfinished() {
      return unfinished.get();
    }

    @Override
    public long nanoTime() {
      return threads.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
      threads.execute(counted(task));
    }

    @Override
    public Runnable schedule(Runnable task, Duration delay) {
      AtomicBoolean over = new AtomicBoolean();
      unfinished.incrementAndGet();
      Runnable end =
          () -> {
            if (over.compareAndSet(false, true)) {
              unfinished.decrementAndGet();
            }
          };
      Runnable cancel =
          threads.schedule(
              () -> {
                task.run();
                end.run();
              },
              delay);
      return () -> {
        cancel.run();
        end.run();
      };
    }

    private Runnable counted(Runnable task) {
      unfinished.incrementAndGet();
      return () -> {
        try {
          task.run();
        } finally {
          unfinished.decrementAndGet();
        }
      };
    }
  }
}
