package io.vmstore.amqp;

final class EmbeddedBrokerTransportTest extends AmqpTransportTests {
  @Override
  int port() {
    return Brokers.embedded();
  }

  @Override
  Expiry expiry() {
    return Expiry.MOMENT;
  }
}
