package io.vmstore.amqp;

final class EmbeddedBrokerLegacyTest extends LegacyPeerTests {
  @Override
  int port() {
    return Brokers.embedded();
  }
}
