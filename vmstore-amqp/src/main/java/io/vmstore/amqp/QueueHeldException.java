package io.vmstore.amqp;

import java.io.IOException;

/** Another connection has the queue of this name for itself. */
final class QueueHeldException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String queue;

  QueueHeldException(String queue, Throwable cause) {
    super("another connection holds the queue '" + queue + "'", cause);
    this.queue = queue;
  }

  String queue() {
    return queue;
  }
}
