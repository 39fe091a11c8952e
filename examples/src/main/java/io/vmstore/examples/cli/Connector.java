package io.vmstore.examples.cli;

import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.spi.Transport;
import java.time.Duration;

/** Opens the way to the nodes; a test gives one without a broker. */
@FunctionalInterface
interface Connector {
  /**
   * {@return a transport, which the caller closes}
   *
   * @param timeout how long the connection may take
   */
  Transport connect(BrokerLogin login, Duration timeout);
}
