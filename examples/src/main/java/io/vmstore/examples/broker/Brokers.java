package io.vmstore.examples.broker;

import io.vmstore.amqp.AmqpConfig;
import io.vmstore.amqp.AmqpTransport;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport;
import java.nio.file.Path;
import java.time.Duration;

/** Connects to the broker. */
public final class Brokers {
  private static final Duration CONNECTION = Duration.ofSeconds(10);

  private Brokers() {}

  /**
   * {@return a connected transport, which the caller closes}
   *
   * @param atMost how long each address may take, if that is less than usual
   * @throws VmStoreException UNAVAILABLE: no broker answers; PERMISSION_DENIED: it does not admit
   *     us; INVALID_ARGUMENT: the login is malformed; FAILED_PRECONDITION: the exchange is there in
   *     another form than the predecessor's
   */
  public static Transport connect(BrokerLogin login, Duration atMost) {
    return AmqpTransport.connect(config(login, atMost));
  }

  /**
   * {@return the same on the threads of a node}
   *
   * @throws VmStoreException as above
   */
  public static Transport connect(BrokerLogin login, Duration atMost, Scheduler scheduler) {
    return AmqpTransport.connect(config(login, atMost), scheduler);
  }

  private static AmqpConfig config(BrokerLogin login, Duration atMost) {
    AmqpConfig.Builder config =
        begin(login)
            .virtualHost(login.virtualHost())
            .connectionTimeout(atMost.compareTo(CONNECTION) < 0 ? atMost : CONNECTION);
    if (login.legacyExchange()) {
      config.legacyExchange();
    }
    protect(config, login.tls());
    return config.build();
  }

  private static AmqpConfig.Builder begin(BrokerLogin login) {
    String password = login.password();
    return password == null
        ? AmqpConfig.builder(login.addresses(), login.username())
        : AmqpConfig.builder(login.addresses(), login.username(), password);
  }

  private static void protect(AmqpConfig.Builder config, BrokerTls tls) {
    if (tls.plainAllowed()) {
      config.allowPlain();
    }
    if (tls.on()) {
      config.tls();
    }
    Path authorities = tls.authorities();
    if (authorities != null) {
      config.tls(authorities);
    }
    Path certificate = tls.certificate();
    Path key = tls.key();
    if (certificate != null && key != null) {
      config.clientCertificate(certificate, key);
    }
  }
}
