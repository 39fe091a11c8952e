package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import org.junit.jupiter.api.Test;

final class RabbitMqLegacyTest extends LegacyPeerTests {
  @Override
  int port() {
    return Brokers.rabbit().port();
  }

  @Test
  void oldDaemonsShouldFindTheirExchangeOrNobodyConnect() throws Exception {
    try (Connection connection = Brokers.connect(port())) {
      Channel raw = connection.createChannel();
      AmqpConfig.Builder config =
          AmqpConfig.builder("localhost:" + port(), "guest", "guest").legacyExchange();
      open(AmqpTransport.connect(config.exchange("legacy-right").build()));
      raw.exchangeDeclare("legacy-right", BuiltinExchangeType.DIRECT, false, false, false, null);
      raw.exchangeDeclare("legacy-wrong", BuiltinExchangeType.TOPIC, true);
      assertThatThrownBy(() -> AmqpTransport.connect(config.exchange("legacy-wrong").build()))
          .isInstanceOfSatisfying(
              VmStoreException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
          .hasMessageContaining("inequivalent arg");
      raw.exchangeDelete("legacy-wrong");
    }
  }
}
