package io.vmstore.amqp;

import static io.vmstore.amqp.Echo.bytes;
import static io.vmstore.amqp.Failing.code;
import static io.vmstore.amqp.Failing.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.spi.Transport;
import io.vmstore.testkit.broker.RabbitMqServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RabbitMqRecoveryTest extends RecoveryTests {
  private final RabbitMqServer rabbit = Brokers.rabbit();

  @Override
  int port() {
    return rabbit.port();
  }

  @Test
  void wrongPasswordShouldBeRefusedAndNotShown() {
    assertThatThrownBy(() -> connectAs("guest", "wr0ng"))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.PERMISSION_DENIED))
        .hasMessageContaining("guest")
        .hasMessageNotContaining("wr0ng");
  }

  @Test
  void senderShouldBeTheUserOfTheConnection() {
    rabbit.addUser("alice", "secret");
    Echo echo = new Echo();
    try (Transport node = connectAs("guest", "guest");
        Transport alice = connectAs("alice", "secret")) {
      echo.serveOn(node);
      assertThat(echo.askOn(alice, "a").join()).isEqualTo(bytes("a"));
      assertThat(echo.requests.get(0).sender()).isEqualTo("alice");
    }
  }

  @Test
  void everythingShouldComeBackWhenTheBrokerDoes() {
    Echo echo = new Echo();
    try (Transport node = connectAs("guest", "guest");
        Transport caller = connectAs("guest", "guest")) {
      echo.serveOn(node);
      rabbit.kill();
      await().until(() -> failure(echo.askOn(caller, "a")).reason().contains("broker is lost"));
      rabbit.startAgain();
      await()
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptions()
          .until(() -> echo.askOn(caller, "b", Duration.ofSeconds(1)).join().length == 1);
    }
  }

  @Test
  void brokerThatTakesNothingMoreShouldBeNamedAtOnce() {
    Echo echo = new Echo();
    try (Transport caller = connectAs("guest", "guest")) {
      rabbit.control("set_disk_free_limit", "900000GB");
      await()
          .until(
              () -> failure(echo.askOn(caller, "a", Duration.ofMillis(200))).reason(),
              reason -> reason.contains("the broker takes no messages"));
    } finally {
      rabbit.control("set_disk_free_limit", "50MB");
    }
  }

  private Transport connectAs(String user, String password) {
    return AmqpTransport.connect(AmqpConfig.builder("localhost:" + port(), user, password).build());
  }
}
