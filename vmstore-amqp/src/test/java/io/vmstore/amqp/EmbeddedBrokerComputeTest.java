package io.vmstore.amqp;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.ComputeServiceContract;

final class EmbeddedBrokerComputeTest extends ComputeServiceContract {
  @Override
  protected Cluster start() {
    return RoleClusters.over(Brokers.embedded());
  }
}
