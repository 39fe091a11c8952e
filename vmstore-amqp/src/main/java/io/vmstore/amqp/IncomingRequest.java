package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vmstore.error.Printable;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport.Request;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A request as the broker delivered it. Immutable. */
final class IncomingRequest implements Request {
  /** For callers that say nothing, such as the predecessor's frontends: they wait without limit. */
  private static final Duration UNSAID = Duration.ofMinutes(10);

  /** AMQP 0-9-1, 4.2.5.3: a short string. */
  private static final int LONGEST_PROPERTY = 255;

  private final String id;
  private final String sender;
  private final byte[] body;
  private final Deadline deadline;
  private final String replyTo;
  private final boolean legacy;

  private IncomingRequest(BasicProperties properties, byte[] body, Expiry expiry) {
    // Its earlier frontends give no message_id, which every request of vmstore has.
    boolean unnamed = properties.getMessageId() == null;
    this.legacy = unnamed || Messages.LEGACY_APPLICATION.equals(properties.getAppId());
    if (legacy && properties.getCorrelationId() != null) {
      throw new IllegalArgumentException("it answers what nobody waits for any more");
    }
    this.id =
        unnamed
            ? UUID.randomUUID().toString()
            : printable("message_id", present("message_id", properties.getMessageId()));
    this.replyTo = address(present("reply_to", properties.getReplyTo()));
    this.sender = Messages.sender(properties);
    this.deadline = Deadline.after(time(properties.getExpiration(), expiry));
    this.body = body;
  }

  /**
   * {@return the request in a message}
   *
   * @throws IllegalArgumentException when it cannot be answered; the message says why
   */
  static IncomingRequest of(BasicProperties properties, byte[] body, Expiry expiry) {
    return new IncomingRequest(properties, body, expiry);
  }

  private static String present(String property, @Nullable String value) {
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException("it has no " + property);
    }
    return value;
  }

  /** It stands in the log, and in the caller's answer when it serves as the operation's id. */
  private static String printable(String property, String value) {
    if (!Printable.of(value, LONGEST_PROPERTY).equals(value)) {
      throw new IllegalArgumentException("its " + property + " is not printable");
    }
    return value;
  }

  /** Names of nodes and of queues that take replies have one grammar. */
  private static String address(String replyTo) {
    try {
      return new NodeName(replyTo).value();
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("its reply_to is neither a queue nor a node", e);
    }
  }

  private static Duration time(@Nullable String expiration, Expiry expiry) {
    if (expiration == null) {
      return UNSAID;
    }
    try {
      return expiry.read(expiration);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("its expiration is not a number", e);
    }
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String sender() {
    return sender;
  }

  @Override
  public byte[] body() {
    return body;
  }

  @Override
  public Deadline deadline() {
    return deadline;
  }

  @Override
  public boolean legacy() {
    return legacy;
  }

  String replyTo() {
    return replyTo;
  }
}
