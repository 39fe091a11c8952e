package io.vmstore.amqp;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.ComputeServiceContract;

final class RabbitMqComputeTest extends ComputeServiceContract {
  @Override
  protected Cluster start() {
    return RoleClusters.over(Brokers.rabbit().port());
  }
}
