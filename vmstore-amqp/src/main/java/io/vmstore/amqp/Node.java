package io.vmstore.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport.RequestHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A name that is listened to, over all connections that come and go. Thread-safe. */
final class Node {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  /** Long enough for the link to see that the connection is lost, too. */
  private static final Duration RESEND_WAIT = Duration.ofMillis(50);

  private final NodeName name;
  private final RequestHandler handler;
  private final Link link;
  private final AmqpConfig config;
  private final Threads threads;

  Node(NodeName name, RequestHandler handler, Link link, AmqpConfig config, Threads threads) {
    this.name = name;
    this.handler = handler;
    this.link = link;
    this.config = config;
    this.threads = threads;
  }

  NodeName name() {
    return name;
  }

  /**
   * Answers a request on another thread, and sends the answer on the one that gives it.
   *
   * @param done runs when the handler has ended, whichever way
   */
  void handle(IncomingRequest request, Runnable done) {
    threads.execute(
        () -> {
          if (request.deadline().passed()) {
            done.run();
            return;
          }
          call(request)
              .whenComplete(
                  (body, failure) -> {
                    answer(request, body, failure);
                    done.run();
                  });
        });
  }

  private CompletionStage<byte[]> call(IncomingRequest request) {
    try {
      return handler.handle(request);
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void answer(
      IncomingRequest request, byte @Nullable [] body, @Nullable Throwable failure) {
    if (body == null) {
      LOG.error("request {} to node '{}' stays without an answer", request.id(), name, failure);
    } else if (body.length > config.maximumBodyBytes()) {
      LOG.error("request {} to node '{}': its reply is too long", request.id(), name);
    } else {
      link.sendHere(reply(request, body, Route.toQueue(request.replyTo())));
    }
  }

  private Publication reply(IncomingRequest request, byte[] body, Route route) {
    BasicProperties properties =
        Messages.begin(Messages.newId(), config).correlationId(request.id()).build();
    return new Publication(
        route, properties, body, request.deadline(), why -> undelivered(request, body, route, why));
  }

  private void undelivered(IncomingRequest request, byte[] body, Route route, Undelivered why) {
    switch (why) {
      // The caller's end may be well: it gets the reply over the next connection, or twice.
      case NOT_SENT, CUT_OFF ->
          threads.schedule(() -> link.send(reply(request, body, route)), RESEND_WAIT);
      case REFUSED -> dropped(request, "the broker failed to take it");
      case UNROUTABLE -> {
        if (route.byDefaultExchange()) {
          // No queue of that name: the predecessor's nodes give their own name instead.
          link.send(reply(request, body, new Route(config.exchange(), route.key())));
        } else {
          dropped(request, "neither a queue nor a node has that name any more");
        }
      }
    }
  }

  private void dropped(IncomingRequest request, String reason) {
    LOG.warn(
        "dropped the reply to request {}, for '{}': {}", request.id(), request.replyTo(), reason);
  }
}
