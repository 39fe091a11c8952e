package io.vmstore.amqp;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Connection;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.FaultProxy;
import io.vmstore.testkit.contract.TransportContract;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract of transports, over a connection that can be broken. */
abstract class AmqpContractTests extends TransportContract {
  private @Nullable FaultProxy proxy;

  abstract int port();

  /** The contract opens its first transports before any method of a subclass is run. */
  private FaultProxy proxy() {
    if (proxy == null) {
      proxy = FaultProxy.to(port());
    }
    return proxy;
  }

  /** The broker may still be ending a connection of the test before, which has a name. */
  @BeforeEach
  void awaitNames() throws Exception {
    try (Connection connection = Brokers.connect(port())) {
      for (String name : List.of("nas1", "nas10", "vm1")) {
        await().until(() -> free(connection, Route.nodeQueue(new NodeName(name))));
      }
    }
  }

  private static boolean free(Connection connection, String queue) throws IOException {
    try {
      connection.createChannel().queueDeclarePassive(queue);
      return false;
    } catch (IOException e) {
      return AmqpReasons.absent(e); // and not locked, by a connection that has it
    }
  }

  @AfterEach
  void closeProxy() {
    proxy().close();
  }

  @Override
  protected Transport open(String machine) {
    String address = "localhost:" + proxy().port();
    return AmqpTransport.connect(AmqpConfig.builder(address, "guest", "guest").build());
  }

  @Override
  protected void breakConnections() {
    proxy().cut();
  }

  @Override
  protected String senderOf(String machine) {
    return "guest";
  }
}
