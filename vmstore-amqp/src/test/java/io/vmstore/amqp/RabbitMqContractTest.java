package io.vmstore.amqp;

final class RabbitMqContractTest extends AmqpContractTests {
  @Override
  int port() {
    return Brokers.rabbit().port();
  }
}
