package io.vmstore.amqp;

import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.FaultProxy;
import io.vmstore.testkit.contract.TransportContract;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

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
