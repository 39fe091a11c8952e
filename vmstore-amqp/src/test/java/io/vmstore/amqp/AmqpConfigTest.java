package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Address;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AmqpConfigTest {
  @Test
  void defaultsShouldBeThePredecessorsWire() {
    AmqpConfig config = AmqpConfig.builder("localhost", "u", "p").build();
    assertThat(config.exchange()).isEqualTo("rocks.vm-manage");
    assertThat(config.durableExchange()).isFalse();
    assertThat(config.virtualHost()).isEqualTo("/");
    assertThat(config.tls()).isEmpty();
    assertThat(config.prefetch()).isEqualTo(640);
    assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.connectionTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.maximumBodyBytes()).isEqualTo(16 * 1024 * 1024);
  }

  @Test
  void everyValueShouldBeKept() {
    AmqpConfig config =
        AmqpConfig.builder("mq1, mq2:5673", "u", "p")
            .virtualHost("v")
            .exchange("x")
            .durableExchange(true)
            .tls(Path.of("/ca.pem"))
            .clientCertificate(Path.of("/own.pem"), Path.of("/own.key"))
            .prefetch(1)
            .heartbeat(Duration.ofSeconds(2))
            .connectionTimeout(Duration.ofSeconds(3))
            .maximumBodyBytes(10)
            .build();
    assertThat(config.addresses()).containsExactly(new Address("mq1"), new Address("mq2", 5673));
    assertThat(config.user()).isEqualTo("u");
    assertThat(config.password()).contains("p");
    assertThat(config.virtualHost()).isEqualTo("v");
    assertThat(config.exchange()).isEqualTo("x");
    assertThat(config.durableExchange()).isTrue();
    assertThat(config.tls())
        .contains(
            new Tls(
                Path.of("/ca.pem"), new Tls.Identity(Path.of("/own.pem"), Path.of("/own.key"))));
    assertThat(config.prefetch()).isEqualTo(1);
    assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.connectionTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.maximumBodyBytes()).isEqualTo(10);
  }

  @Test
  void passwordShouldNotBeShown() {
    assertThat(AmqpConfig.builder("mq1", "alice", "s3cret").tls().build().toString())
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

  @ParameterizedTest
  @ValueSource(
      strings = {"mq1", "localhost,mq1:5673", "10.0.0.1", "localhost.example.org", "128.0.0.1"})
  void anotherMachineShouldBeReachedInClearOnlyWhenThatIsAllowed(String addresses) {
    AmqpConfig.Builder builder = AmqpConfig.builder(addresses, "u", "p");
    assertThatThrownBy(builder::build)
        .isInstanceOfSatisfying(
            VmStoreException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("cross the network readable")
        .hasMessageContaining("broker.plain = allow");
    assertThat(builder.allowPlain().build().tls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "localhost:5673", "127.0.0.1:1", "127.1.2.3", "[::1]:5672"})
  void thisMachineMayBeReachedInClear(String address) {
    assertThat(AmqpConfig.builder(address, "u", "p").build().tls()).isEmpty();
  }

  @Test
  void certificateShouldNeedAnEncryptedConnectionAndTheLoginByItACertificate() {
    AmqpConfig.Builder external = AmqpConfig.builder("localhost", "u");
    assertThatThrownBy(external::build).hasMessageContaining("neither a password nor");
    external.clientCertificate(Path.of("/own.pem"), Path.of("/own.key"));
    assertThatThrownBy(external::build).hasMessageContaining("in clear cannot show it");
    assertThat(external.tls().build().password()).isEmpty();
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

  @Test
  void thePredecessorsExchangeShouldNotBeDurable() {
    AmqpConfig.Builder builder = AmqpConfig.builder("localhost", "u", "p").legacyExchange();
    assertThat(builder.build().legacyExchange()).isTrue();
    assertThatThrownBy(() -> builder.durableExchange(true).build())
        .hasMessageContaining("the predecessor's is not durable");
  }
}
