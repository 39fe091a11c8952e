package io.vmstore.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the broker itself said, under amqp-client's wrappings. */
final class AmqpReasons {
  private static final int NOT_CLOSED_BY_BROKER = 0;

  private static final int LONGEST = 1_000;

  private AmqpReasons() {}

  /** {@return why, in one line that can be printed} */
  static String of(Throwable failure) {
    return Printable.of(said(failure), LONGEST);
  }

  private static String said(Throwable failure) {
    ShutdownSignalException signal = signal(failure);
    Method method = signal == null ? null : signal.getReason();
    if (method instanceof AMQP.Connection.Close close) {
      return close.getReplyText();
    }
    if (method instanceof AMQP.Channel.Close close) {
      return close.getReplyText();
    }
    Throwable root = failure;
    for (Throwable next = root.getCause(); next != null; next = next.getCause()) {
      root = next;
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  /** {@return whether another connection having the queue is why it could not be declared} */
  static boolean queueHeld(IOException failureOfDeclare) {
    int code = replyCode(failureOfDeclare);
    // RabbitMQ says the one and closes the channel, Qpid the other and closes the connection.
    return code == AMQP.RESOURCE_LOCKED || code == AMQP.NOT_ALLOWED;
  }

  /** {@return whether what was asked for is not there} */
  static boolean absent(IOException failure) {
    return replyCode(failure) == AMQP.NOT_FOUND;
  }

  /**
   * {@return UNAVAILABLE, PERMISSION_DENIED when the broker forbade it to the user, or
   * FAILED_PRECONDITION when something is there in another form}
   */
  static ErrorCode code(Throwable failure) {
    int code = replyCode(failure);
    if (code == AMQP.PRECONDITION_FAILED) {
      return ErrorCode.FAILED_PRECONDITION;
    }
    // RabbitMQ says the latter of a virtual host, Qpid of a wrong password.
    boolean forbidden = code == AMQP.ACCESS_REFUSED || code == AMQP.NOT_ALLOWED;
    return forbidden ? ErrorCode.PERMISSION_DENIED : ErrorCode.UNAVAILABLE;
  }

  /** {@return whether the whole connection is gone, and not only a channel} */
  static boolean connectionLost(Throwable failure) {
    ShutdownSignalException signal = signal(failure);
    return signal != null && signal.isHardError();
  }

  /** {@return the reply code by which the broker closed a channel or connection, otherwise 0} */
  private static int replyCode(Throwable failure) {
    ShutdownSignalException signal = signal(failure);
    Method method = signal == null ? null : signal.getReason();
    if (method instanceof AMQP.Connection.Close close) {
      return close.getReplyCode();
    }
    return method instanceof AMQP.Channel.Close close ? close.getReplyCode() : NOT_CLOSED_BY_BROKER;
  }

  private static @Nullable ShutdownSignalException signal(@Nullable Throwable failure) {
    for (Throwable next = failure; next != null; next = next.getCause()) {
      if (next instanceof ShutdownSignalException signal) {
        return signal;
      }
    }
    return null;
  }
}
