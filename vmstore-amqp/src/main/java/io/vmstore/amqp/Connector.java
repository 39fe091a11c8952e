package io.vmstore.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/** Makes connections to whichever broker answers first. Thread-safe. */
final class Connector {
  private final AmqpConfig config;
  private final ConnectionFactory factory;

  Connector(AmqpConfig config) {
    this.config = config;
    this.factory = factory(config);
  }

  private static ConnectionFactory factory(AmqpConfig config) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUsername(config.user());
    factory.setPassword(config.password());
    factory.setVirtualHost(config.virtualHost());
    int timeout = (int) config.connectionTimeout().toMillis();
    factory.setConnectionTimeout(timeout);
    factory.setHandshakeTimeout(timeout);
    factory.setChannelRpcTimeout(timeout);
    factory.setRequestedHeartbeat((int) config.heartbeat().toSeconds());
    // amqp-client's recovery resumes piece by piece; Link replaces all or nothing.
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    factory.setThreadFactory(Threads.daemons("connection"));
    SSLContext tls = config.tls();
    if (tls != null) {
      factory.useSslProtocol(tls);
      factory.enableHostnameVerification();
    }
    return factory;
  }

  /**
   * {@return a connection to the first address that gives one} Blocks for at most the connection
   * timeout an address, twice: one for the network, one for the broker.
   *
   * @throws VmStoreException UNAVAILABLE, or PERMISSION_DENIED when the last broker knows better
   */
  Connection connect() {
    StringJoiner reasons = new StringJoiner("; ");
    VmStoreException.Builder failure = unavailable();
    for (Address address : config.addresses()) {
      try {
        return factory.newConnection(List.of(address), "vmstore");
      } catch (AuthenticationFailureException e) {
        failure = refused().cause(e);
        reasons.add("'" + address + "': the broker refused the name or password");
      } catch (IOException | TimeoutException | ShutdownSignalException e) {
        failure.cause(e);
        reasons.add("'" + address + "': " + AmqpReasons.of(e));
      }
    }
    throw failure.reason(reasons.toString()).build();
  }

  private VmStoreException.Builder unavailable() {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, problem())
        .correction(
            "check that a broker listens at one of "
                + config.addresses()
                + ", has the virtual host '"
                + config.virtualHost()
                + "' and admits the user '"
                + config.user()
                + "' there (rabbitmqctl list_permissions)");
  }

  private VmStoreException.Builder refused() {
    return VmStoreException.builder(ErrorCode.PERMISSION_DENIED, problem())
        .correction(
            "correct the password, or make the user (rabbitmqctl change_password, add_user)");
  }

  private String problem() {
    return "cannot connect to the message broker as user '" + config.user() + "'";
  }
}
