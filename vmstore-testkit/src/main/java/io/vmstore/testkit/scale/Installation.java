package io.vmstore.testkit.scale;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
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
import io.vmstore.spi.Transport;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryNetwork;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** One NAS and ten compute nodes, all of them the real roles, with a frontend that asks the NAS. */
final class Installation implements AutoCloseable {
  private static final NodeName NAS = new NodeName("nas1");
  private static final PoolName TANK = new PoolName("tank");
  private static final int COMPUTES = 10;
  private static final int AT_ONCE = 100;
  private static final Authorization ANYBODY = Authorization.ofOneUser("*");

  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryNetwork network = new MemoryNetwork(scheduler);
  private final MemoryFabric fabric = new MemoryFabric();
  private MemoryStateStore store = new MemoryStateStore();
  private Transport messages = network.transport(NAS);
  private final NasService nas =
      VmStore.over(network.transport(new NodeName("frontend")), ANYBODY).nas(NAS);

  Installation() {
    IntStream.range(0, COMPUTES).forEach(this::startCompute);
    startNas();
  }

  NasService nas() {
    return nas;
  }

  /** Maps volumes side by side, as a frontend does that starts many machines. */
  void map(int first, int count) {
    List<CompletableFuture<?>> underWay = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      NodeName host = compute(i % COMPUTES);
      underWay.add(nas.mapZvol(new MapZvol(volume(i), host, ByteSize.mebibytes(1)), options()));
      if (underWay.size() == AT_ONCE || i == first + count - 1) {
        underWay.forEach(CompletableFuture::join);
        underWay.clear();
      }
    }
  }

  void unmapAndDelete(int number) {
    nas.unmapZvol(volume(number), options()).join();
    nas.deleteZvol(volume(number), options()).join();
  }

  /** As after a reboot: what is on record is there, and no export. */
  void restartNas() {
    fabric.loseKernelState(NAS);
    store = store.reopen();
    messages.close();
    messages = network.transport(NAS);
    startNas();
  }

  static ZvolName volume(int number) {
    return new ZvolName(TANK, "vm-%06d".formatted(number));
  }

  static CallOptions options() {
    return CallOptions.within(Duration.ofMinutes(10));
  }

  private static NodeName compute(int number) {
    return new NodeName("compute" + number);
  }

  private void startNas() {
    NasNode.builder(NAS, TANK)
        .zvols(fabric.zvolManager(TANK))
        .exporter(fabric.targetExporter(NAS, Portal.parse("10.0.0.1")))
        .store(store)
        .scheduler(scheduler)
        .authorization(ANYBODY)
        .start()
        .serve(messages)
        .recovered()
        .join();
  }

  private void startCompute(int number) {
    ComputeNode.builder(compute(number))
        .connector(fabric.targetConnector(compute(number)))
        .store(new MemoryStateStore())
        .scheduler(scheduler)
        .authorization(ANYBODY)
        .start()
        .serve(network.transport(compute(number)))
        .recovered()
        .join();
  }

  @Override
  public void close() {
    scheduler.close();
  }
}
