package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** What all messages have in common. */
final class Messages {
  /** What the predecessor's later programs call themselves; in our own dialect nobody does. */
  static final String LEGACY_APPLICATION = "rocks.RabbitMQClient";

  private static final String JSON = "application/json";

  private static final SecureRandom RANDOM = new SecureRandom();

  private Messages() {}

  /** {@return an id for a message that nobody is trusted by, so it need not be hard to guess} */
  static String newId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  /** {@return an id as the predecessor's programs give it} */
  static String newDecimalId() {
    return Long.toUnsignedString(RANDOM.nextLong());
  }

  /** Begins the properties of a message. The broker compares the user with the connection's. */
  static BasicProperties.Builder begin(String id, AmqpConfig config) {
    return new BasicProperties.Builder().messageId(id).contentType(JSON).userId(config.user());
  }

  /** Begins the properties of a message in the predecessor's dialect. */
  static BasicProperties.Builder beginLegacy(String id, AmqpConfig config) {
    return begin(id, config).appId(LEGACY_APPLICATION);
  }

  /** {@return the user the broker vouches for, or the empty string} */
  static String sender(BasicProperties properties) {
    return properties.getUserId() == null ? "" : properties.getUserId();
  }
}
