package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ConfirmsTest {
  private final Threads threads = Threads.own();
  private final Confirms confirms = new Confirms(threads);
  private final List<String> undelivered = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    threads.close();
  }

  @Test
  void returnedAndAcknowledgedShouldBeUnroutable() {
    add(1, "a");
    returned("a");
    confirms.handleAck(1, false);
    confirms.failAll(Undelivered.CUT_OFF);
    assertThat(undelivered).containsExactly("a UNROUTABLE");
  }

  @Test
  void refusedAndReturnedShouldBeUnroutable() {
    add(1, "a");
    confirms.handleNack(1, false);
    returned("a");
    confirms.failAll(Undelivered.CUT_OFF);
    assertThat(undelivered).containsExactly("a UNROUTABLE");
  }

  @Test
  void refusedOnlyShouldBeRefused() {
    add(1, "a");
    confirms.handleNack(1, false);
    await().until(() -> undelivered.equals(List.of("a REFUSED")));
  }

  @Test
  void acknowledgingSeveralShouldLeaveOnlyLaterOnesToACut() {
    add(1, "a");
    add(2, "b");
    add(3, "c");
    confirms.handleAck(2, true);
    confirms.failAll(Undelivered.CUT_OFF);
    assertThat(undelivered).containsExactly("c CUT_OFF");
  }

  @Test
  void returnOfAnUnknownMessageShouldBeIgnored() {
    returned("nobody's");
    confirms.handleReturn(312, "NO_ROUTE", "x", "k", new BasicProperties(), new byte[0]);
    assertThat(undelivered).isEmpty();
  }

  private void add(long sequence, String id) {
    confirms.add(
        sequence,
        new Publication(
            new Route("x", "k"),
            new BasicProperties.Builder().messageId(id).build(),
            new byte[0],
            Deadline.after(Duration.ofMinutes(1)),
            why -> undelivered.add(id + " " + why)));
  }

  private void returned(String id) {
    BasicProperties properties = new BasicProperties.Builder().messageId(id).build();
    confirms.handleReturn(312, "NO_ROUTE", "x", "k", properties, new byte[0]);
  }
}
