package io.vmstore.amqp;

import com.rabbitmq.client.Channel;
import java.io.IOException;

/**
 * A queue for the reply to one request. The broker deletes it when it is closed, as nobody else
 * consumes it.
 *
 * @param name what {@code reply_to} says
 */
record OwnReplyQueue(String name, Channel channel) {
  /** Ends it. Blocks for the broker's answer. */
  void close() {
    try {
      channel.abort();
    } catch (IOException e) {
      // The connection is lost, and the queue with it.
    }
  }
}
