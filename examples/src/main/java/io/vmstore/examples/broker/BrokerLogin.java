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
 */
public record BrokerLogin(
    String addresses,
    String username,
    @Nullable String password,
    String virtualHost,
    BrokerTls tls) {
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
