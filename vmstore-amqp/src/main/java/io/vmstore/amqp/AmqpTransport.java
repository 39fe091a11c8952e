package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The transport over an AMQP 0-9-1 broker.
 *
 * <p><b>On the broker.</b> Nodes are reached through one direct exchange; a node's routing key is
 * its name. Its queue is exclusive and has its name in it, so a second daemon of one name is
 * refused. Replies come to a queue of this transport's own, named by {@code reply_to}, by the
 * default exchange as well as by the nodes' one.
 *
 * <p><b>When the connection is lost</b> it is made again, to whichever address answers, with the
 * same queues. Requests meanwhile fail with UNAVAILABLE at once. Those under way: what the broker
 * had not confirmed fails with UNAVAILABLE and {@code outcomeUnknown()}; what it had confirmed
 * waits on, and a reply given after the connection is back still arrives. When the broker goes on
 * to hold the old reply queue, those fail as well, and a new one is taken. Replies of this side's
 * handlers wait for the connection as long as their callers do.
 *
 * <p><b>Proof of the sender.</b> {@link Request#sender()} and {@link Reply#sender()} are the user
 * of the sender's connection, which RabbitMQ checks; a broker that does not check {@code user_id}
 * lets a client claim another. A message without it has the empty string.
 *
 * <p>Obtained from {@link #connect}. Thread safety: thread-safe.
 */
public final class AmqpTransport implements Transport {
  private final AmqpConfig config;
  private final Threads threads;
  private final PendingRequests pending;
  private final Link link;

  private AmqpTransport(AmqpConfig config, Threads threads) {
    this.config = config;
    this.threads = threads;
    this.pending = new PendingRequests(threads);
    this.link = new Link(config, threads, pending);
  }

  /**
   * {@return a transport that is connected} Tries each address once, for at most twice the
   * connection timeout.
   *
   * @throws VmStoreException UNAVAILABLE: no address gave a connection; PERMISSION_DENIED: the
   *     broker refused the user, the password or the certificate, or its own is not trusted;
   *     INVALID_ARGUMENT: a file of TLS cannot be used
   */
  public static AmqpTransport connect(AmqpConfig config) {
    return connect(config, Threads.own());
  }

  /**
   * {@return the same on the threads of a node, which need not wake one another then}
   *
   * @param scheduler the one that the node has; it is not closed
   * @throws VmStoreException as above
   */
  public static AmqpTransport connect(AmqpConfig config, Scheduler scheduler) {
    return connect(config, Threads.of(scheduler));
  }

  private static AmqpTransport connect(AmqpConfig config, Threads threads) {
    AmqpTransport transport = new AmqpTransport(config, threads);
    try {
      transport.link.connect();
      return transport;
    } catch (RuntimeException e) {
      transport.close();
      throw e;
    }
  }

  /** Publishes a request over a session. */
  @FunctionalInterface
  private interface Publisher {
    void publish(Session session, Deadline deadline, CompletableFuture<Reply> reply);
  }

  @Override
  public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
    String id = UUID.randomUUID().toString();
    byte[] copy = body.clone();
    return request(
        id,
        to,
        body.length,
        timeout,
        (session, deadline, reply) ->
            publish(
                session,
                Messages.begin(id, config).replyTo(session.replyQueue()),
                to,
                copy,
                deadline));
  }

  /**
   * As {@link Transport} says. The message's id is a decimal number, as the predecessor's are, and
   * one that nobody guesses: a reply to a node's name is known by it alone.
   */
  @Override
  public CompletableFuture<Reply> requestLegacy(
      @Nullable NodeName from, NodeName to, byte[] body, Duration timeout) {
    String id = Messages.newDecimalId();
    byte[] copy = body.clone();
    Publisher publisher =
        (session, deadline, reply) -> {
          if (from == null) {
            threads.execute(() -> publishWithOwnQueue(session, id, to, copy, deadline, reply));
          } else {
            publish(
                session,
                Messages.beginLegacy(id, config).replyTo(from.value()),
                to,
                copy,
                deadline);
          }
        };
    return request(id, to, body.length, timeout, publisher);
  }

  private void publishWithOwnQueue(
      Session session,
      String id,
      NodeName to,
      byte[] body,
      Deadline deadline,
      CompletableFuture<Reply> reply) {
    try {
      OwnReplyQueue queue = session.takeReplyTo(id, pending);
      reply.whenComplete((answer, failure) -> threads.execute(queue::close));
      publish(session, Messages.beginLegacy(id, config).replyTo(queue.name()), to, body, deadline);
    } catch (IOException | ShutdownSignalException e) {
      pending.fail(id, Failures.noReplyQueue(to, e));
    }
  }

  private CompletableFuture<Reply> request(
      String id, NodeName to, int bytes, Duration timeout, Publisher publisher) {
    if (bytes > config.maximumBodyBytes()) {
      return CompletableFuture.failedFuture(Failures.tooLong(to, bytes, config.maximumBodyBytes()));
    }
    if (Thread.currentThread().isInterrupted()) {
      return CompletableFuture.failedFuture(Failures.interrupted(Failures.asking(to)));
    }
    Deadline deadline = Deadline.after(timeout);
    CompletableFuture<Reply> reply = pending.add(id, to, deadline);
    Optional<Session> session = link.session();
    if (session.isEmpty()) {
      pending.fail(id, Failures.notConnected(Failures.asking(to)));
    } else if (session.get().blockedReason().isPresent()) {
      pending.fail(id, Failures.blocked(to, session.get().blockedReason().get()));
    } else {
      publisher.publish(session.get(), deadline, reply);
    }
    return reply;
  }

  private void publish(
      Session session, BasicProperties.Builder begun, NodeName to, byte[] body, Deadline deadline) {
    BasicProperties properties = begun.build();
    Route route = new Route(config.exchange(), to.value());
    session.publish(
        new Publication(
            route,
            properties,
            body,
            deadline,
            why -> pending.fail(properties.getMessageId(), Failures.undelivered(to, why))));
  }

  @Override
  public void serve(NodeName name, RequestHandler handler) {
    link.serve(new Node(name, handler, link, config, threads));
  }

  @Override
  public int maximumBodyBytes() {
    return config.maximumBodyBytes();
  }

  /** Waits for the broker at most a few seconds. Handlers under way end unheard. */
  @Override
  public void close() {
    pending.close();
    link.close();
    threads.close();
  }
}
