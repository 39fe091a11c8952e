package io.vmstore.testkit.memory;

import io.vmstore.core.SystemScheduler;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.contract.TransportContract;
import org.junit.jupiter.api.AfterEach;

final class MemoryTransportTest extends TransportContract {
  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryNetwork network = new MemoryNetwork(scheduler);

  @Override
  protected Transport open(String machine) {
    return network.transport(new NodeName(machine));
  }

  @Override
  protected String senderOf(String machine) {
    return machine;
  }

  @AfterEach
  void endThreads() {
    scheduler.close();
  }
}
