package io.vmstore.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultSaslConfig;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.TimeoutException;

/**
 * Makes connections to whichever broker answers first; reads the files of TLS for each. Immutable.
 */
final class Connector {
  private final AmqpConfig config;

  Connector(AmqpConfig config) {
    this.config = config;
  }

  private ConnectionFactory factory() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUsername(config.user());
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
    factory.setSharedExecutor(new OnReader());
    config.password().ifPresent(factory::setPassword);
    config.tls().ifPresent(tls -> encrypt(factory, tls));
    return factory;
  }

  private void encrypt(ConnectionFactory factory, Tls tls) {
    factory.useSslProtocol(tls.context());
    factory.enableHostnameVerification();
    if (config.password().isEmpty()) {
      factory.setSaslConfig(DefaultSaslConfig.EXTERNAL);
      tls.requireFor(config.user());
    }
  }

  /**
   * {@return a connection to the first address that gives one} Blocks for at most the connection
   * timeout an address, twice: one for the network, one for the broker.
   *
   * @throws VmStoreException UNAVAILABLE, or PERMISSION_DENIED when a broker knows better;
   *     INVALID_ARGUMENT when a file of TLS cannot be used
   */
  Connection connect() {
    ConnectionFactory factory = factory();
    StringJoiner reasons = new StringJoiner("; ");
    VmStoreException.Builder failure = unreachable(ErrorCode.UNAVAILABLE);
    for (Address address : config.addresses()) {
      try {
        return factory.newConnection(List.of(address), "vmstore");
      } catch (AuthenticationFailureException e) {
        failure = refused().cause(e);
        reasons.add(
            "'" + address + "': the broker refused the name, its password or its certificate");
      } catch (IOException | TimeoutException | ShutdownSignalException e) {
        Optional<TlsReasons> tls = TlsReasons.of(e);
        if (tls.isPresent()) {
          failure = notEncrypted(tls.get());
        } else if (AmqpReasons.code(e) == ErrorCode.PERMISSION_DENIED) {
          failure = unreachable(ErrorCode.PERMISSION_DENIED);
        }
        failure.cause(e);
        reasons.add("'" + address + "': " + tls.map(TlsReasons::reason).orElse(AmqpReasons.of(e)));
      }
    }
    throw failure.reason(reasons.toString()).build();
  }

  private VmStoreException.Builder unreachable(ErrorCode code) {
    return VmStoreException.builder(code, problem())
        .correction(
            "check that a broker listens at one of "
                + config.addresses()
                + ", has the virtual host '"
                + config.virtualHost()
                + "' and admits the user '"
                + config.user()
                + "' there (rabbitmqctl list_permissions)");
  }

  private VmStoreException.Builder notEncrypted(TlsReasons tls) {
    ErrorCode code = tls.distrust() ? ErrorCode.PERMISSION_DENIED : ErrorCode.UNAVAILABLE;
    return VmStoreException.builder(code, problem()).correction(tls.correction());
  }

  private VmStoreException.Builder refused() {
    return VmStoreException.builder(ErrorCode.PERMISSION_DENIED, problem())
        .correction(
            config.password().isPresent()
                ? "correct the password, or make the user (rabbitmqctl change_password, add_user)"
                : "make the user (rabbitmqctl add_user), and have the broker take certificates of"
                    + " this one's authority (plugin rabbitmq_auth_mechanism_ssl,"
                    + " ssl_cert_login_from = common_name)");
  }

  private String problem() {
    return "cannot connect to the message broker as user '" + config.user() + "'";
  }
}
