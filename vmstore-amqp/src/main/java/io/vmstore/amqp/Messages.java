package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;

/** What all messages have in common. */
final class Messages {
  private static final String JSON = "application/json";

  private Messages() {}

  /** Begins the properties of a message. The broker compares the user with the connection's. */
  static BasicProperties.Builder begin(String id, AmqpConfig config) {
    return new BasicProperties.Builder().messageId(id).contentType(JSON).userId(config.user());
  }

  /** {@return the user the broker vouches for, or the empty string} */
  static String sender(BasicProperties properties) {
    return properties.getUserId() == null ? "" : properties.getUserId();
  }
}
