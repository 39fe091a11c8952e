package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Failing.code;
import static io.vmstore.amqp.Failing.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens when connections break. Each side reaches the broker through a proxy of its own. */
abstract class RecoveryTests {
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Echo echo = new Echo();
  private FaultProxy clientSide;
  private FaultProxy serverSide;
  private Transport client;
  private Transport server;

  abstract int port();

  @BeforeEach
  void connect() {
    clientSide = opened(FaultProxy.to(port()));
    serverSide = opened(FaultProxy.to(port()));
    client = connect("localhost:" + clientSide.port());
    server = connect("localhost:" + serverSide.port());
    echo.serveOn(server);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  @Test
  void bothSidesShouldComeBackAfterACut() {
    clientSide.cut();
    serverSide.cut();
    awaitEcho();
  }

  @Test
  void unconfirmedRequestShouldFailAtTheCutWithItsOutcomeUnknown() {
    clientSide.blackHole();
    CompletableFuture<byte[]> unconfirmed = echo.askOn(client, "a");
    CompletableFuture<byte[]> another = echo.askOn(client, "b");
    await().until(() -> clientSide.swallowedBytes() > 0);
    clientSide.heal();
    assertThat(failure(unconfirmed).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure(unconfirmed).outcomeUnknown()).isTrue();
    assertThat(failure(another).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    awaitEcho();
  }

  @Test
  void replyShouldArriveAlthoughTheCallerWasCutOffMeanwhile() {
    CompletableFuture<byte[]> waiting = echo.askOn(client, "hold");
    await().until(() -> echo.requests.size() == 1);
    clientSide.cut();
    awaitEcho();
    echo.held.complete(bytes("after the cut"));
    assertThat(waiting.join()).isEqualTo(bytes("after the cut"));
  }

  @Test
  void replyShouldArriveAlthoughTheNodeIsCutOffWhenItIsGiven() {
    CompletableFuture<byte[]> waiting = echo.askOn(client, "hold");
    await().until(() -> echo.requests.size() == 1);
    serverSide.refuse();
    await().until(() -> failure(echo.askOn(server, "lost")).code() == ErrorCode.UNAVAILABLE);
    echo.held.complete(bytes("after the cut"));
    serverSide.heal();
    assertThat(waiting.join()).isEqualTo(bytes("after the cut"));
  }

  @Test
  void requestWithoutAConnectionShouldFailAsNotExecuted() {
    clientSide.refuse();
    VmStoreException failure =
        await()
            .until(
                () -> failure(echo.askOn(client, "a")),
                thrown -> thrown.reason().contains("connection to the broker is lost"));
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.outcomeUnknown()).isFalse();
    clientSide.heal();
    awaitEcho();
  }

  @Test
  void nodeWhoseQueueIsStillHeldShouldGetItWhenTheBrokerLetsGo() {
    serverSide.strand();
    await().until(() -> serverSide.connectionsMade() > 2); // the node's, and two attempts
    assertThat(failure(echo.askOn(client, "a", Duration.ofMillis(300))).code())
        .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    serverSide.cut();
    awaitEcho();
  }

  @Test
  void callerWhoseReplyQueueIsStillHeldShouldTakeANewOneAndGiveUpTheOldReplies() {
    CompletableFuture<byte[]> waiting = echo.askOn(client, "hold");
    await().until(() -> echo.requests.size() == 1);
    clientSide.strand();
    assertThat(failure(waiting).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure(waiting).outcomeUnknown()).isTrue();
    awaitEcho();
  }

  @Test
  void nextAddressShouldBeUsedWhenTheFirstIsGone() {
    FaultProxy first = opened(FaultProxy.to(port()));
    Transport other = connect("localhost:" + first.port() + ",localhost:" + port());
    assertThat(echo.askOn(other, "a").join()).isEqualTo(bytes("a"));
    first.close();
    await().ignoreExceptions().until(() -> echo.askOn(other, "b").join().length == 1);
  }

  @Test
  void connectShouldNameTheAddressesWhenNoneAnswers() {
    clientSide.refuse();
    assertThatThrownBy(() -> connect("localhost:" + clientSide.port() + ",localhost:1"))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("localhost:" + clientSide.port())
        .hasMessageContaining("localhost:1'")
        .hasMessageContaining("rabbitmqctl list_permissions");
  }

  @Test
  void closeShouldEndWhileTheBrokerIsSilentOrGone() {
    CompletableFuture<byte[]> waiting = echo.askOn(client, "hold");
    clientSide.blackHole();
    client.close();
    assertThat(failure(waiting).code()).isEqualTo(ErrorCode.CANCELLED);
    serverSide.refuse();
    server.close();
  }

  private void awaitEcho() {
    await()
        .atMost(Echo.TIMEOUT)
        .ignoreExceptions()
        .until(() -> echo.askOn(client, "again", Duration.ofSeconds(1)).join().length > 0);
  }

  private Transport connect(String addresses) {
    return opened(AmqpTransport.connect(AmqpConfig.builder(addresses, "guest", "guest").build()));
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.add(resource);
    return resource;
  }
}
