package io.vmstore.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport.Reply;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Peers that are silent, late, or answer twice or for another: nothing of them is kept. */
class PendingRequestsTest {
  private static final NodeName NODE = new NodeName("n1");
  private static final Reply FIRST = new Reply("n1", "first".getBytes(UTF_8));
  private static final Reply SECOND = new Reply("n1", "second".getBytes(UTF_8));
  private static final Duration LONG = Duration.ofMinutes(5);

  private final Threads threads = Threads.own();
  private final PendingRequests pending = new PendingRequests(threads);

  @AfterEach
  void close() {
    threads.close();
  }

  private CompletableFuture<Reply> ask(String id, Duration time) {
    return pending.add(id, NODE, Deadline.after(time));
  }

  /** Only who is still waited for takes a reply. */
  private void awaitForgotten(String id) {
    await().until(() -> !pending.reply(id, SECOND));
  }

  @Test
  void theFirstAnswerShouldCountAndTheSecondBeDropped() {
    CompletableFuture<Reply> asked = ask("a", LONG);
    assertThat(pending.reply("a", FIRST)).isTrue();
    awaitForgotten("a");
    assertThat(asked.join().body()).isEqualTo(FIRST.body());
  }

  @Test
  void aSilentPeerShouldBeGivenUpAtTheDeadlineAndItsLateAnswerDropped() {
    CompletableFuture<Reply> asked = ask("a", Duration.ZERO);
    await().until(asked::isCompletedExceptionally);
    awaitForgotten("a");
    assertThat(Failures.of(asked.handle((reply, failure) -> failure).join()).code())
        .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void anAnswerToNobodyShouldReachNobody() {
    CompletableFuture<Reply> asked = ask("a", LONG);
    assertThat(pending.reply("b", FIRST)).isFalse();
    assertThat(pending.reply("null", FIRST)).isFalse();
    assertThat(asked).isNotDone();
    pending.close();
    assertThat(asked).isCompletedExceptionally();
    awaitForgotten("a");
  }
}
