package io.vmstore.amqp;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.error.Printable;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection and everything on it. It is used until its first failure, of whatever part, and
 * then given up as a whole.
 *
 * <p>A broker in need stops reading, and a write to it then blocks; so one thread does all the
 * writing, and callers only queue. Thread-safe.
 */
final class Session {
  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final int QUOTED_CHARACTERS = 80;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final Connection connection;
  private final AmqpConfig config;
  private final String replyQueue;
  private final Threads threads;
  private final Expiry expiry;
  private final Confirms confirms;
  private final Channel channel;
  private final Writer writer;
  private final CompletableFuture<@Nullable Void> lost = new CompletableFuture<>();
  private volatile @Nullable String blockedReason;

  /**
   * Prepares a connection for publishing.
   *
   * @throws IOException when the broker refuses something; the connection is then of no use
   */
  Session(Connection connection, AmqpConfig config, String replyQueue, Threads threads)
      throws IOException {
    this.connection = connection;
    this.config = config;
    this.replyQueue = replyQueue;
    this.threads = threads;
    this.writer = new Writer(threads::execute);
    this.expiry = Expiry.of(connection);
    this.confirms = new Confirms(threads);
    connection.addShutdownListener(cause -> lose(AmqpReasons.of(cause)));
    connection.addBlockedListener(reason -> blockedReason = reason, () -> blockedReason = null);
    declareExchange();
    this.channel = newChannel();
    channel.addConfirmListener(confirms);
    channel.addReturnListener(confirms);
    channel.confirmSelect();
  }

  /**
   * An exchange that is there is used as it is, since not everybody may make one, unless the
   * predecessor's daemons must find theirs.
   */
  private void declareExchange() throws IOException {
    Channel probe = newChannel();
    if (config.legacyExchange()) {
      probe.exchangeDeclare(config.exchange(), BuiltinExchangeType.DIRECT, false);
      probe.abort();
      return;
    }
    try {
      probe.exchangeDeclarePassive(config.exchange());
    } catch (IOException e) {
      if (!AmqpReasons.absent(e)) {
        throw e;
      }
      probe = newChannel(); // the broker has closed the other one
      probe.exchangeDeclare(
          config.exchange(), BuiltinExchangeType.DIRECT, config.durableExchange());
    }
    probe.abort();
  }

  private Channel newChannel() throws IOException {
    return connection.openChannel().orElseThrow(() -> new IOException("no channel is left"));
  }

  /** Takes replies, by the exchange too: the predecessor's nodes publish to nothing else. */
  void takeReplies(PendingRequests pending) throws IOException {
    declareQueue(channel, replyQueue);
    channel.queueBind(replyQueue, config.exchange(), replyQueue);
    // No acknowledgement: nobody would want the reply again, and replies must never wait behind a
    // limit that requests have used up.
    channel.basicConsume(
        replyQueue,
        true,
        (tag, reply) -> accept(pending, reply),
        tag -> giveUp("its reply queue was deleted"));
    giveUpWith(channel);
  }

  private static void accept(PendingRequests pending, Delivery reply) {
    String id = String.valueOf(reply.getProperties().getCorrelationId());
    if (!pending.reply(id, reply(reply))) {
      LOG.debug("dropped the reply to request {}, for which nobody waits any more", printable(id));
    }
  }

  private static Reply reply(Delivery delivery) {
    return new Reply(Messages.sender(delivery.getProperties()), delivery.getBody());
  }

  /**
   * {@return a queue for the reply to one request alone, to a node that does not name the request
   * in its reply}
   */
  OwnReplyQueue takeReplyTo(String id, PendingRequests pending) throws IOException {
    Channel own = newChannel();
    OwnReplyQueue queue = new OwnReplyQueue(Route.newReplyQueue(), own);
    try {
      declareQueue(own, queue.name());
      own.basicConsume(
          queue.name(),
          true,
          (tag, reply) -> pending.reply(id, reply(reply)),
          tag -> pending.replyLost(id),
          (tag, cause) -> pending.replyLost(id));
      return queue;
    } catch (IOException | ShutdownSignalException e) {
      queue.close();
      throw e;
    }
  }

  private static String printable(String id) {
    return Printable.ascii(id, QUOTED_CHARACTERS);
  }

  /** Takes requests to a node, and the replies that the predecessor's nodes send to its name. */
  void serve(Node node, PendingRequests pending) throws IOException {
    NodeName name = node.name();
    String queue = Route.nodeQueue(name);
    Channel requests = newChannel();
    declareQueue(requests, queue);
    requests.queueBind(queue, config.exchange(), name.value());
    requests.basicQos(config.prefetch());
    Acknowledgements acknowledgements = new Acknowledgements(requests);
    requests.basicConsume(
        queue,
        false,
        (tag, message) -> deliver(acknowledgements, node, pending, message),
        tag -> giveUp("the queue of '" + name + "' was deleted"));
    giveUpWith(requests);
  }

  private static void declareQueue(Channel channel, String queue) throws IOException {
    try {
      boolean durable = false;
      boolean exclusive = true;
      boolean autoDelete = true;
      channel.queueDeclare(queue, durable, exclusive, autoDelete, null);
    } catch (IOException e) {
      throw AmqpReasons.queueHeld(e) ? new QueueHeldException(queue, e) : e;
    }
  }

  private void deliver(
      Acknowledgements acknowledgements, Node node, PendingRequests pending, Delivery delivery) {
    long tag = delivery.getEnvelope().getDeliveryTag();
    Runnable acknowledgement = () -> acknowledge(acknowledgements, tag);
    String answered = delivery.getProperties().getCorrelationId();
    if (answered != null && pending.reply(answered, reply(delivery))) {
      acknowledgement.run();
      return;
    }
    try {
      node.handle(
          IncomingRequest.of(delivery.getProperties(), delivery.getBody(), expiry),
          acknowledgement);
    } catch (IllegalArgumentException e) {
      LOG.warn("dropped a message to node '{}': {}", node.name(), e.getMessage());
      acknowledgement.run(); // and not basic.reject, after which Qpid delivers it again, for ever
    }
  }

  /** On another thread, after what waits for one: by then others may have ended. */
  private void acknowledge(Acknowledgements acknowledgements, long tag) {
    if (acknowledgements.add(tag)) {
      threads.execute(() -> writer.writeHere(quietly(acknowledgements::tell)));
    }
  }

  /** {@return where replies to requests of this session come in} */
  String replyQueue() {
    return replyQueue;
  }

  /** {@return why the broker reads nothing more at the moment, when it does not} */
  Optional<String> blockedReason() {
    return Optional.ofNullable(blockedReason);
  }

  /** Publishes as soon as what was published before is written. */
  void publish(Publication publication) {
    publish(publication, writer::write);
  }

  /** Publishes on this thread, which may block, when nobody else is publishing. */
  void publishHere(Publication publication) {
    publish(publication, writer::writeHere);
  }

  private void publish(Publication publication, Predicate<Runnable> write) {
    if (!write.test(quietly(() -> publishNow(publication)))) {
      publication.undelivered(Undelivered.NOT_SENT);
    }
  }

  private void publishNow(Publication publication) {
    if (publication.deadline().passed()) {
      return; // its sender has been told, or has gone
    }
    confirms.add(channel.getNextPublishSeqNo(), publication);
    if (lost
        .isDone()) { // looked at after the entry was made, so lose() saw the entry or it is seen
      // here
      confirms.fail(publication, Undelivered.NOT_SENT);
      return;
    }
    try {
      Route route = publication.route();
      boolean mandatory = true;
      channel.basicPublish(
          route.exchange(),
          route.key(),
          mandatory,
          publication.propertiesNow(expiry),
          publication.body());
    } catch (AlreadyClosedException e) {
      confirms.fail(publication, Undelivered.NOT_SENT);
    } catch (IOException e) {
      confirms.fail(publication, Undelivered.CUT_OFF);
    }
  }

  private static Runnable quietly(Write task) {
    return () -> {
      try {
        task.run();
      } catch (IOException | AlreadyClosedException e) {
        LOG.debug("not written, the connection is lost", e);
      } catch (RuntimeException e) {
        LOG.error("not written", e); // and what follows must be
      }
    };
  }

  /** Runs a task once, when the session is lost, or now when it is. */
  void whenLost(Runnable task) {
    lost.thenRun(task);
  }

  private void lose(String reason) {
    LOG.debug("connection ended: {}", reason);
    lost.complete(null);
    confirms.failAll(Undelivered.CUT_OFF);
    writer.close();
  }

  /** A channel that the broker closed takes the session with it: half a session helps nobody. */
  private void giveUpWith(Channel part) {
    part.addShutdownListener(
        cause -> {
          if (!cause.isHardError() && !cause.isInitiatedByApplication()) {
            giveUp(AmqpReasons.of(cause));
          }
        });
  }

  private void giveUp(String reason) {
    LOG.warn("gives up the connection to the broker: {}", reason);
    threads.execute(this::close); // not here: amqp-client's threads must not wait for themselves
  }

  /** Ends it, at once or after three seconds. */
  void close() {
    end(connection);
  }

  static void end(Connection connection) {
    connection.abort((int) CLOSE_LIMIT.toMillis());
  }
}
