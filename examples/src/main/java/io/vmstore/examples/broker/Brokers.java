package io.vmstore.examples.broker;

import io.vmstore.amqp.AmqpConfig;
import io.vmstore.amqp.AmqpTransport;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.Transport;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** Connects to the broker. */
public final class Brokers {
  private static final Duration CONNECTION = Duration.ofSeconds(10);

  private Brokers() {}

  /**
   * {@return a connected transport, which the caller closes}
   *
   * @param atMost how long each address may take, if that is less than usual
   * @throws VmStoreException UNAVAILABLE: no broker answers; PERMISSION_DENIED: it does not admit
   *     us; INVALID_ARGUMENT: the login is malformed
   */
  public static Transport connect(BrokerLogin login, Duration atMost) {
    AmqpConfig.Builder config =
        AmqpConfig.builder(login.addresses(), login.username(), login.password())
            .virtualHost(login.virtualHost())
            .connectionTimeout(atMost.compareTo(CONNECTION) < 0 ? atMost : CONNECTION);
    if (login.tls()) {
      config.tls(trustStore());
    }
    return AmqpTransport.connect(config.build());
  }

  private static SSLContext trustStore() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, "cannot use TLS")
          .reason("the JVM's trust store cannot be read: " + e)
          .correction("see the JVM's property javax.net.ssl.trustStore")
          .cause(e)
          .build();
    }
  }
}
