package io.vmstore.amqp;

import com.rabbitmq.client.Connection;
import io.vmstore.model.Deadline;
import java.time.Duration;

/** What a broker takes the property {@code expiration} for. AMQP 0-9-1 leaves it open. */
enum Expiry {
  /** RabbitMQ: milliseconds that the message may wait, as the protocol of vmstore has it. */
  TIME_TO_LIVE {
    @Override
    String write(Deadline deadline) {
      // RabbitMQ takes 0 for 'unless a consumer is ready this instant'.
      return String.valueOf(Math.max(1, deadline.remaining().toMillis()));
    }

    @Override
    Duration read(String expiration) {
      return Duration.ofMillis(Long.parseLong(expiration));
    }
  },

  /**
   * Apache Qpid Broker-J: a moment, in milliseconds since 1970, on the clocks of all who take part;
   * a time to live would have passed long ago, and the message vanish.
   */
  MOMENT {
    @Override
    String write(Deadline deadline) {
      return String.valueOf(System.currentTimeMillis() + deadline.remaining().toMillis());
    }

    @Override
    Duration read(String expiration) {
      return Duration.ofMillis(Long.parseLong(expiration)).minusMillis(System.currentTimeMillis());
    }
  };

  /** {@return what the broker at the other end of a connection does} */
  static Expiry of(Connection connection) {
    return connection.getServerProperties().containsKey("qpid.build") ? MOMENT : TIME_TO_LIVE;
  }

  abstract String write(Deadline deadline);

  /** {@return the time left, perhaps negative; NumberFormatException when it is none} */
  abstract Duration read(String expiration);
}
