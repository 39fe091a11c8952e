package io.vmstore.examples.bench;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import io.vmstore.testkit.broker.RabbitMqServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** What the contenders without vmstore share: connections, messages, and a node that echoes. */
final class Peer {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** As long as vmstore's request for an initiator's name, and its answer. */
  static final byte[] BODY = new byte[88];

  /** As many as vmstore's transport. */
  private static final int PREFETCH = 640;

  private static final String EXPIRATION = String.valueOf(PATIENCE.toMillis());

  static {
    Arrays.fill(BODY, (byte) 'x');
  }

  private Peer() {}

  /** A piece of work with amqp-client. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException, TimeoutException;
  }

  static <T> T unchecked(Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  static ConnectionFactory factory(RabbitMqServer broker) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("127.0.0.1");
    factory.setPort(broker.port());
    factory.setUsername(RabbitMqServer.GUEST);
    factory.setPassword(RabbitMqServer.GUEST);
    return factory;
  }

  /** {@return what every message of vmstore says of itself} They are not persistent, like these. */
  static BasicProperties.Builder properties(String id) {
    return new BasicProperties.Builder()
        .messageId(id)
        .contentType("application/json")
        .userId(RabbitMqServer.GUEST)
        .expiration(EXPIRATION);
  }

  static Channel confirming(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    channel.confirmSelect();
    channel.addConfirmListener((sequence, many) -> {}, Peer::refused);
    return channel;
  }

  private static void refused(long sequence, boolean many) {
    throw new IllegalStateException("the broker did not take message " + sequence);
  }

  static void publish(Channel channel, String key, BasicProperties properties) throws IOException {
    synchronized (channel) { // amqp-client wants one thread at a time
      channel.basicPublish("", key, true, properties, BODY);
    }
  }

  /** {@return the connection of a node that answers every request with as many bytes} */
  static Connection echo(RabbitMqServer broker, String queue) {
    return unchecked(
        () -> {
          Connection connection = factory(broker).newConnection();
          Channel channel = confirming(connection);
          channel.queueDeclare(queue, false, true, true, Map.of());
          channel.basicQos(PREFETCH);
          channel.basicConsume(queue, false, (tag, request) -> answer(channel, request), tag -> {});
          return connection;
        });
  }

  private static void answer(Channel channel, Delivery request) throws IOException {
    BasicProperties asked = request.getProperties();
    publish(
        channel,
        asked.getReplyTo(),
        properties(asked.getMessageId()).correlationId(asked.getMessageId()).build());
    channel.basicAck(request.getEnvelope().getDeliveryTag(), false);
  }
}
