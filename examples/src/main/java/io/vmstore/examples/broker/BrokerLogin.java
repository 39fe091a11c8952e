package io.vmstore.examples.broker;

import java.util.List;

/**
 * Where the broker is and who we are there.
 *
 * @param addresses {@code host:port} of each node of the broker's cluster, tried in this order
 * @param username who logs in
 * @param password the password, which {@link #toString} leaves out
 * @param virtualHost the virtual host that all nodes of one installation share
 */
public record BrokerLogin(
    List<String> addresses, String username, String password, String virtualHost) {
  /** Copies the list. */
  public BrokerLogin {
    addresses = List.copyOf(addresses);
  }

  /** {@return everything but the password, for logs} */
  @Override
  public String toString() {
    return username + "@" + String.join(",", addresses) + " virtual host " + virtualHost;
  }
}
