package io.vmstore.examples.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.vmstore.testkit.broker.RabbitMqServer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A channel and a reply queue for each command, given up after it: the predecessor's way, and that
 * of many others, but on a connection that stays, or on a new one too, as the predecessor has it.
 * Its requests are not confirmed.
 */
final class QueueRoundTrips implements RoundTrips {
  private static final String NODE = "bench.queues";

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong requests = new AtomicLong();
  private final RabbitMqServer broker;
  private final boolean connectionEach;
  private final Connection answering;
  private final Connection asking;

  QueueRoundTrips(RabbitMqServer broker, boolean connectionEach) {
    this.broker = broker;
    this.connectionEach = connectionEach;
    this.answering = Peer.echo(broker, node());
    this.asking = Peer.unchecked(() -> Peer.factory(broker).newConnection());
  }

  @Override
  public String name() {
    return connectionEach ? "connection and queue a command" : "queue a command";
  }

  private String node() {
    return NODE + (connectionEach ? ".connections" : "");
  }

  @Override
  public CompletableFuture<?> ask() {
    return CompletableFuture.supplyAsync(
        () -> Peer.unchecked(connectionEach ? this::connected : () -> asked(asking)), threads);
  }

  private byte[] connected() throws IOException, TimeoutException {
    try (Connection connection = Peer.factory(broker).newConnection()) {
      return asked(connection);
    }
  }

  private byte[] asked(Connection connection) throws IOException, TimeoutException {
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    try (Channel channel = connection.createChannel()) {
      String queue = channel.queueDeclare("", false, true, true, Map.of()).getQueue();
      channel.basicConsume(
          queue, true, (tag, delivery) -> reply.complete(delivery.getBody()), tag -> {});
      String id = String.valueOf(requests.incrementAndGet());
      Peer.publish(channel, node(), Peer.properties(id).replyTo(queue).build());
      return reply.join();
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    asking.abort();
    answering.abort();
  }
}
