package io.vmstore.amqp;

import io.vmstore.testkit.broker.EmbeddedBroker;
import io.vmstore.testkit.broker.RabbitMqServer;

/** Brokers that all tests of this JVM share, started when first needed; each ends with the JVM. */
final class Brokers {
  private Brokers() {}

  static int embedded() {
    return Embedded.BROKER.port();
  }

  static RabbitMqServer rabbit() {
    return Rabbit.SERVER;
  }

  private static final class Embedded {
    static final EmbeddedBroker BROKER = EmbeddedBroker.start();
  }

  private static final class Rabbit {
    static final RabbitMqServer SERVER = RabbitMqServer.start();
  }
}
