package io.vmstore.amqp;

final class RabbitMqTransportTest extends AmqpTransportTests {
  @Override
  int port() {
    return Brokers.rabbit().port();
  }

  @Override
  Expiry expiry() {
    return Expiry.TIME_TO_LIVE;
  }
}
