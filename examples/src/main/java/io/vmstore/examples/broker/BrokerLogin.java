package io.vmstore.examples.broker;

/**
 * Where the broker is and who we are there.
 *
 * @param addresses {@code host:port} of each node of the broker's cluster, separated by commas and
 *     tried in this order
 * @param username who logs in
 * @param password the password, which {@link #toString} leaves out
 * @param virtualHost the virtual host that all nodes of one installation share
 * @param tls whether the connection is encrypted, the broker being checked against the JVM's trust
 *     store
 */
public record BrokerLogin(
    String addresses, String username, String password, String virtualHost, boolean tls) {
  /** {@return everything but the password, for logs} */
  @Override
  public String toString() {
    return username + "@" + addresses + " virtual host " + virtualHost + (tls ? " over TLS" : "");
  }
}
