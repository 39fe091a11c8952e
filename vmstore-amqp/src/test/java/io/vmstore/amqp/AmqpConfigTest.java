package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Address;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AmqpConfigTest {
  @Test
  void defaultsShouldBeThePredecessorsWire() {
    AmqpConfig config = AmqpConfig.builder("mq1", "u", "p").build();
    assertThat(config.exchange()).isEqualTo("rocks.vm-manage");
    assertThat(config.durableExchange()).isFalse();
    assertThat(config.virtualHost()).isEqualTo("/");
    assertThat(config.tls()).isNull();
    assertThat(config.prefetch()).isEqualTo(64);
    assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.connectionTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.maximumBodyBytes()).isEqualTo(16 * 1024 * 1024);
  }

  @Test
  void everyValueShouldBeKept() throws NoSuchAlgorithmException {
    SSLContext context = SSLContext.getDefault();
    AmqpConfig config =
        AmqpConfig.builder("mq1, mq2:5673", "u", "p")
            .virtualHost("v")
            .exchange("x")
            .durableExchange(true)
            .tls(context)
            .prefetch(1)
            .heartbeat(Duration.ofSeconds(2))
            .connectionTimeout(Duration.ofSeconds(3))
            .maximumBodyBytes(10)
            .build();
    assertThat(config.addresses()).containsExactly(new Address("mq1"), new Address("mq2", 5673));
    assertThat(config.user()).isEqualTo("u");
    assertThat(config.password()).isEqualTo("p");
    assertThat(config.virtualHost()).isEqualTo("v");
    assertThat(config.exchange()).isEqualTo("x");
    assertThat(config.durableExchange()).isTrue();
    assertThat(config.tls()).isSameAs(context);
    assertThat(config.prefetch()).isEqualTo(1);
    assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.connectionTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.maximumBodyBytes()).isEqualTo(10);
  }

  @Test
  void passwordShouldNotBeShown() {
    assertThat(AmqpConfig.builder("mq1", "alice", "s3cret").build().toString())
        .contains("alice")
        .doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "mq1,", "mq1:port", "mq1:99999", "mq1:0"})
  void badAddressesShouldBeRefused(String addresses) {
    assertThatThrownBy(() -> AmqpConfig.builder(addresses, "u", "p"))
        .isInstanceOfSatisfying(
            VmStoreException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void valuesOutOfBoundsShouldBeRefused() {
    AmqpConfig.Builder builder = AmqpConfig.builder("mq1", "u", "p");
    assertThatThrownBy(() -> builder.prefetch(0)).hasMessageContaining("'0'");
    assertThatThrownBy(() -> builder.heartbeat(Duration.ZERO)).hasMessageContaining("heartbeat");
    assertThatThrownBy(() -> builder.maximumBodyBytes(100_000_000)).hasMessageContaining("body");
    assertThatThrownBy(() -> builder.connectionTimeout(Duration.ofDays(1)))
        .hasMessageContaining("connection timeout");
    assertThatThrownBy(() -> builder.exchange("")).hasMessageContaining("exchange");
  }
}
