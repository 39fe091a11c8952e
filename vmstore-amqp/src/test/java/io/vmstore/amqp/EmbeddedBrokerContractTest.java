package io.vmstore.amqp;

final class EmbeddedBrokerContractTest extends AmqpContractTests {
  @Override
  int port() {
    return Brokers.embedded();
  }
}
