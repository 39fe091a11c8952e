package io.vmstore.amqp;

import io.vmstore.core.protocol.Authorization;
import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.MemoryStorage;

/** The roles over storage in memory, each machine with a connection of its own to a real broker. */
final class RoleClusters {
  private RoleClusters() {}

  static Cluster over(int port) {
    return Cluster.over(
        new MemoryStorage(),
        machine ->
            AmqpTransport.connect(
                AmqpConfig.builder("localhost:" + port, "guest", "guest").build()),
        Authorization.ofOneUser("guest"));
  }
}
