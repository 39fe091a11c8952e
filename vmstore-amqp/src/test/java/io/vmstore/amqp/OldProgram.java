package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Echo.text;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** A program of the predecessor on a real broker: its frontend, or one of its daemons. */
final class OldProgram implements AutoCloseable {
  static final String APPLICATION = "rocks.RabbitMQClient";

  private static final String EXCHANGE = "rocks.vm-manage";

  /** What came in for a daemon, in the order of arrival. */
  final List<Delivery> received = new CopyOnWriteArrayList<>();

  private final Connection connection;
  private final Channel channel;
  private final AtomicLong ids = new AtomicLong(7_000_000_000L);

  OldProgram(int port) throws IOException, TimeoutException {
    connection = Brokers.connect(port);
    channel = connection.createChannel();
  }

  /** The command line of 2018: no message_id, and a queue of the command's own. */
  String command(String node, String body) throws IOException {
    return send(node, body, new BasicProperties.Builder().contentType("application/json").build());
  }

  /** Sends a request with these properties, and takes the first answer that comes. */
  String send(String node, String body, BasicProperties properties) throws IOException {
    String queue = channel.queueDeclare().getQueue();
    channel.basicPublish(
        EXCHANGE, node, true, properties.builder().replyTo(queue).build(), bytes(body));
    GetResponse reply = await().until(() -> channel.basicGet(queue, true), got -> got != null);
    channel.queueDelete(queue);
    return text(reply.getBody());
  }

  /** Listens as a daemon does: exclusive, with a name of the broker's making. */
  OldProgram listen(String node) throws IOException {
    String queue = channel.queueDeclare("", false, true, true, null).getQueue();
    channel.queueBind(queue, EXCHANGE, node);
    channel.basicConsume(queue, true, (tag, message) -> received.add(message), tag -> {});
    return this;
  }

  Delivery next(int index) {
    return await().until(() -> received, got -> got.size() > index).get(index);
  }

  /** As its NAS answers a frontend: by queue, and without a word of which request it answers. */
  void answerFrontend(Delivery request, String body) throws IOException {
    channel.basicPublish("", request.getProperties().getReplyTo(), own().build(), bytes(body));
  }

  /** As its compute node answers a NAS: by the NAS's name. */
  void answerNas(String compute, Delivery request, UnaryOperator<String> answer)
      throws IOException {
    BasicProperties properties =
        own().correlationId(request.getProperties().getMessageId()).replyTo(compute).build();
    channel.basicPublish(
        EXCHANGE,
        request.getProperties().getReplyTo(),
        true,
        properties,
        bytes(answer.apply(text(request.getBody()))));
  }

  BasicProperties.Builder own() {
    return new BasicProperties.Builder()
        .appId(APPLICATION)
        .messageId(Long.toString(ids.incrementAndGet()))
        .deliveryMode(1);
  }

  boolean hasQueue(String name) throws IOException, TimeoutException {
    try (Channel probe = connection.createChannel()) {
      probe.queueDeclarePassive(name);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    connection.abort();
  }
}
