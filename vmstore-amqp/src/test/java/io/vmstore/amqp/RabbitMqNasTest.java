package io.vmstore.amqp;

import io.vmstore.testkit.contract.Cluster;
import io.vmstore.testkit.contract.NasServiceContract;

final class RabbitMqNasTest extends NasServiceContract {
  @Override
  protected Cluster start() {
    return RoleClusters.over(Brokers.rabbit().port());
  }
}
