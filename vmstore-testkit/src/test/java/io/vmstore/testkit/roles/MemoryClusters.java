package io.vmstore.testkit.roles;

import io.vmstore.core.SystemScheduler;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.MemoryStorage;
import io.vmstore.testkit.memory.MemoryNetwork;

/** Clusters over storage in memory. */
final class MemoryClusters {
  private MemoryClusters() {}

  static Cluster local() {
    return Cluster.local(new MemoryStorage());
  }

  static Cluster remote(SystemScheduler scheduler) {
    return Cluster.over(
        new MemoryStorage(), new MemoryNetwork(scheduler)::transport, Authorization.ofOneUser("*"));
  }
}
