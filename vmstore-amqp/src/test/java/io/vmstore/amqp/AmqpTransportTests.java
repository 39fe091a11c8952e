package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Failing.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.vmstore.error.ErrorCode;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds on every broker, beyond the contract of transports. */
abstract class AmqpTransportTests {
  private static final String EXCHANGE = "rocks.vm-manage";

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Echo echo = new Echo();
  private Transport client;
  private Transport server;

  abstract int port();

  abstract Expiry expiry();

  @BeforeEach
  void connect() {
    client = open(config().build());
    server = open(config().prefetch(1).build());
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : opened) {
      closeable.close();
    }
  }

  @Test
  void requestThatExpiredWhileItWaitedShouldNotBeExecuted() {
    echo.serveOn(server);
    CompletableFuture<byte[]> first = echo.askOn(client, "hold");
    await().until(() -> echo.requests.size() == 1);
    CompletableFuture<Transport.Reply> expired =
        client.request(echo.name, bytes("expired"), Duration.ofMillis(100));
    assertThat(failure(expired).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    // The broker's count began later: by the end of this one it has dropped the other for certain.
    failure(client.request(echo.name, bytes("later"), Duration.ofMillis(600)));
    echo.held.complete(bytes("released"));
    assertThat(first.join()).isEqualTo(bytes("released"));
    assertThat(echo.askOn(client, "next").join()).isEqualTo(bytes("next"));
    assertThat(echo.bodies()).contains("next").doesNotContain("expired");
  }

  @Test
  void nodeThatAsksAnotherWhileItAnswersShouldGetItsReplyPastItsPrefetch() {
    echo.serveOn(client);
    NodeName asking = new NodeName(echo.name + "-asking");
    server.serve(asking, request -> echo.askOn(server, "through"));
    assertThat(client.request(asking, bytes("a"), Echo.TIMEOUT).join().body())
        .isEqualTo(bytes("through"));
  }

  @Test
  void failingHandlerShouldNotKeepItsPlace() {
    server.serve(
        echo.name,
        request -> {
          if (Echo.text(request.body()).equals("throw")) {
            throw new IllegalStateException("thrown by the test");
          }
          return CompletableFuture.completedFuture(request.body());
        });
    client.request(echo.name, bytes("throw"), Echo.TIMEOUT);
    assertThat(echo.askOn(client, "a").join()).isEqualTo(bytes("a"));
  }

  @Test
  void requestThatTakesLongShouldKeepNoOthersPlace() {
    echo.serveOn(open(config().prefetch(4).build()));
    CompletableFuture<byte[]> first = echo.askOn(client, "hold");
    await().until(() -> echo.requests.size() == 1);
    askTogether(50);
    echo.held.complete(bytes("released"));
    assertThat(first.join()).isEqualTo(bytes("released"));
    askTogether(50); // the broker would have closed the channel over a number it does not know
  }

  private void askTogether(int count) {
    List<CompletableFuture<byte[]>> asked =
        Stream.generate(() -> echo.askOn(client, "a")).limit(count).toList();
    assertThat(asked).allSatisfy(reply -> assertThat(reply.join()).isEqualTo(bytes("a")));
  }

  @Test
  void blockingContinuationShouldNotDelayOtherReplies() {
    echo.serveOn(server);
    CompletableFuture<byte[]> release = new CompletableFuture<>();
    CompletableFuture<byte[]> blocked = echo.askOn(client, "a").thenApply(body -> release.join());
    assertThat(echo.askOn(client, "b").join()).isEqualTo(bytes("b"));
    release.complete(bytes("c"));
    assertThat(blocked.join()).isEqualTo(bytes("c"));
  }

  @Test
  void messagesThatCannotBeAnsweredShouldBeDroppedAndHinderNothing() throws Exception {
    echo.serveOn(server);
    BasicProperties good =
        new BasicProperties.Builder().messageId("m").replyTo("amq.gen-1").userId("guest").build();
    Channel raw = rawChannel();
    publish(raw, good.builder().messageId("").build());
    publish(raw, good.builder().appId("rocks.RabbitMQClient").correlationId("7").build());
    publish(raw, good.builder().messageId(null).correlationId("7").build());
    publish(raw, good.builder().replyTo(null).build());
    publish(raw, good.builder().replyTo("no/node").build());
    publish(raw, good.builder().messageId("m\n\u001b[2J").build());
    publish(raw, good);
    assertThat(echo.askOn(client, "a").join()).isEqualTo(bytes("a"));
    await().until(() -> echo.requests.size() > 1); // two connections, in any order
    assertThat(echo.bodies()).containsExactlyInAnyOrder("raw", "a");
  }

  @Test
  void requestShouldHaveThePropertiesOfTheProtocol() throws Exception {
    Channel raw = rawChannel();
    String queue = raw.queueDeclare().getQueue();
    raw.queueBind(queue, EXCHANGE, echo.name.value());
    CompletableFuture<byte[]> reply = echo.askOn(client, "a");
    BasicProperties request = get(raw, queue).getProps();
    assertThat(request.getContentType()).isEqualTo("application/json");
    assertThat(request.getUserId()).isEqualTo("guest");
    assertThat(expiry().read(request.getExpiration()))
        .isBetween(Duration.ofSeconds(15), Echo.TIMEOUT.plusMillis(1));
    BasicProperties answer =
        new BasicProperties.Builder().correlationId(request.getMessageId()).build();
    raw.basicPublish("", request.getReplyTo(), answer, bytes("raw reply"));
    assertThat(reply.join()).isEqualTo(bytes("raw reply"));
  }

  @Test
  void predecessorsNodeShouldGetItsReplyByItsNameAndGiveOneByTheExchange() throws Exception {
    echo.serveOn(server);
    Channel raw = rawChannel();
    String queue = raw.queueDeclare().getQueue();
    raw.queueBind(queue, EXCHANGE, "legacy-nas");
    publish(raw, new BasicProperties.Builder().messageId("42").replyTo("legacy-nas").build());
    BasicProperties reply = get(raw, queue).getProps();
    assertThat(reply.getCorrelationId()).isEqualTo("42");
    assertThat(reply.getMessageId()).isNotEqualTo("42");
    CompletableFuture<Transport.Reply> asked =
        client.request(new NodeName("legacy-nas"), bytes("b"), Echo.TIMEOUT);
    BasicProperties request = get(raw, queue).getProps();
    BasicProperties answer =
        new BasicProperties.Builder().correlationId(request.getMessageId()).build();
    raw.basicPublish(EXCHANGE, request.getReplyTo(), answer, bytes("by the exchange"));
    assertThat(asked.join().body()).isEqualTo(bytes("by the exchange"));
  }

  @Test
  void forgedSenderShouldBeRefusedByTheBroker() throws Exception {
    echo.serveOn(server);
    Channel raw = rawChannel();
    publish(
        raw, new BasicProperties.Builder().messageId("m").replyTo("q").userId("somebody").build());
    await().until(() -> !raw.isOpen());
    assertThat(echo.askOn(client, "a").join()).isEqualTo(bytes("a"));
    assertThat(echo.bodies()).containsExactly("a");
  }

  private AmqpConfig.Builder config() {
    return AmqpConfig.builder("localhost:" + port(), "guest", "guest");
  }

  private Transport open(AmqpConfig config) {
    Transport transport = AmqpTransport.connect(config);
    opened.add(transport);
    return transport;
  }

  private Channel rawChannel() throws IOException, TimeoutException {
    Connection connection = Brokers.connect(port());
    opened.add(connection::abort);
    return connection.createChannel();
  }

  private void publish(Channel raw, BasicProperties properties) throws IOException {
    raw.basicPublish(EXCHANGE, echo.name.value(), properties, bytes("raw"));
  }

  private static GetResponse get(Channel raw, String queue) {
    return await().until(() -> raw.basicGet(queue, true), got -> got != null);
  }
}
