package io.vmstore.amqp;

final class EmbeddedBrokerRecoveryTest extends RecoveryTests {
  @Override
  int port() {
    return Brokers.embedded();
  }
}
