package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vmstore.model.Deadline;
import java.util.function.Consumer;

/**
 * A message on its way out.
 *
 * @param properties with a message id of its own; the expiration is added as it is written
 * @param deadline until when somebody wants it
 * @param onUndelivered told at most once each time it is published, on any thread; does not block
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity only
record Publication(
    Route route,
    BasicProperties properties,
    byte[] body,
    Deadline deadline,
    Consumer<Undelivered> onUndelivered) {

  String id() {
    return properties.getMessageId();
  }

  void undelivered(Undelivered why) {
    onUndelivered.accept(why);
  }

  BasicProperties propertiesNow(Expiry expiry) {
    return properties.builder().expiration(expiry.write(deadline)).build();
  }
}
