package io.vmstore.amqp;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.vmstore.testkit.broker.EmbeddedBroker;
import io.vmstore.testkit.broker.RabbitMqServer;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/** Brokers that all tests of this JVM share, started when first needed; each ends with the JVM. */
final class Brokers {
  private Brokers() {}

  static int embedded() {
    return Embedded.BROKER.port();
  }

  static RabbitMqServer rabbit() {
    return Rabbit.SERVER;
  }

  /** {@return a connection past our transport, as the guest; it stays lost when it is lost} */
  static Connection connect(int port) throws IOException, TimeoutException {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("localhost");
    factory.setPort(port);
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection();
  }

  private static final class Embedded {
    static final EmbeddedBroker BROKER = EmbeddedBroker.start();
  }

  private static final class Rabbit {
    static final RabbitMqServer SERVER = RabbitMqServer.start();
  }
}
