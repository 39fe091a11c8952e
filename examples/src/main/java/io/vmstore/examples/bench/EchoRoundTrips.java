package io.vmstore.examples.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import io.vmstore.testkit.broker.RabbitMqServer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The least there is over one reply queue: amqp-client alone, with vmstore's guarantees of delivery
 * (mandatory, confirmed, requests acknowledged after their reply is sent), and nothing done with
 * the bytes.
 */
final class EchoRoundTrips implements RoundTrips {
  private static final String NODE = "bench.echo";
  private static final String REPLIES = "bench.echo.replies";

  private final Map<String, CompletableFuture<byte[]>> waiting = new ConcurrentHashMap<>();
  private final AtomicLong requests = new AtomicLong();
  private final Connection answering;
  private final Connection asking;
  private final Channel channel;

  EchoRoundTrips(RabbitMqServer broker) {
    answering = Peer.echo(broker, NODE);
    asking = Peer.unchecked(() -> Peer.factory(broker).newConnection());
    channel = Peer.unchecked(() -> Peer.confirming(asking));
    Peer.unchecked(
        () -> {
          channel.queueDeclare(REPLIES, false, true, true, Map.of());
          return channel.basicConsume(REPLIES, true, (tag, reply) -> accept(reply), tag -> {});
        });
  }

  private void accept(Delivery reply) {
    String id = reply.getProperties().getCorrelationId();
    Objects.requireNonNull(waiting.remove(id), id).complete(reply.getBody());
  }

  @Override
  public String name() {
    return "bare echo";
  }

  @Override
  public CompletableFuture<?> ask() {
    String id = String.valueOf(requests.incrementAndGet());
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    waiting.put(id, reply);
    Peer.unchecked(
        () -> {
          Peer.publish(channel, NODE, Peer.properties(id).replyTo(REPLIES).build());
          return reply;
        });
    return reply;
  }

  @Override
  public void close() {
    asking.abort();
    answering.abort();
  }
}
