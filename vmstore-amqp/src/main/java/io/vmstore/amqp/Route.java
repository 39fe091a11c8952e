package io.vmstore.amqp;

import io.vmstore.model.NodeName;
import java.util.UUID;

/**
 * Where a message goes.
 *
 * @param exchange the exchange it is published to
 * @param key its routing key
 */
record Route(String exchange, String key) {
  /** Every queue is bound to it by its own name. */
  private static final String DEFAULT_EXCHANGE = "";

  /** {@return the route to the queue of the given name} */
  static Route toQueue(String name) {
    return new Route(DEFAULT_EXCHANGE, name);
  }

  /** {@return the name of the queue a node's requests wait in} */
  static String nodeQueue(NodeName name) {
    return "vmstore.node." + name;
  }

  /** {@return a new name for a queue of replies, which nobody can guess} */
  static String newReplyQueue() {
    return "vmstore.reply." + UUID.randomUUID();
  }

  boolean byDefaultExchange() {
    return exchange.equals(DEFAULT_EXCHANGE);
  }
}
