package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vmstore.model.Deadline;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Times that no honest caller gives. */
class ExpiryTest {
  @ParameterizedTest
  @EnumSource(Expiry.class)
  void whatIsLongOverShouldHavePassed(Expiry expiry) {
    assertThat(deadline(expiry, String.valueOf(Long.MIN_VALUE)).passed()).isTrue();
    assertThat(deadline(expiry, "-1").passed()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Expiry.class)
  void whatIsFarAwayShouldBeAYearAtMost(Expiry expiry) {
    assertThat(deadline(expiry, String.valueOf(Long.MAX_VALUE)).remaining())
        .isLessThanOrEqualTo(Duration.ofDays(365));
  }

  @ParameterizedTest
  @EnumSource(Expiry.class)
  void whatIsNoNumberShouldBeRefused(Expiry expiry) {
    for (String text : new String[] {"", " 5", "1e400", "5.0", "0x5", "9223372036854775808"}) {
      assertThatThrownBy(() -> deadline(expiry, text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("its expiration is not a number");
    }
  }

  @Test
  void aNameThatForgesALineShouldBeRefused() {
    BasicProperties forged =
        new BasicProperties.Builder().messageId("m\nERROR").replyTo("a").build();
    assertThatThrownBy(() -> IncomingRequest.of(forged, new byte[0], Expiry.TIME_TO_LIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("its message_id is not printable");
  }

  private static Deadline deadline(Expiry expiry, String expiration) {
    BasicProperties properties =
        new BasicProperties.Builder().messageId("m").replyTo("a").expiration(expiration).build();
    return IncomingRequest.of(properties, new byte[0], expiry).deadline();
  }
}
