package io.vmstore.examples.broker;

import org.jspecify.annotations.Nullable;

/**
 * Where the broker is and who we are there.
 *
 * @param addresses {@code host:port} of each node of the broker's cluster, separated by commas and
 *     tried in this order
 * @param username who logs in
 * @param password the password, which {@link #toString} leaves out; null when a certificate takes
 *     its place
 * @param virtualHost the virtual host that all nodes of one installation share
 * @param tls how the connection is protected
 * @param legacyExchange whether the exchange must be as the predecessor's daemons declare it
 */
public record BrokerLogin(
    String addresses,
    String username,
    @Nullable String password,
    String virtualHost,
    BrokerTls tls,
    boolean legacyExchange) {
  /** Says that the exchange may have any form. */
  public BrokerLogin(
      String addresses,
      String username,
      @Nullable String password,
      String virtualHost,
      BrokerTls tls) {
    this(addresses, username, password, virtualHost, tls, false);
  }

  /** {@return everything but the password, for logs} */
  @Override
  public String toString() {
    return username
        + "@"
        + addresses
        + " virtual host "
        + virtualHost
        + (tls.on() ? " over TLS" : "");
  }
}
