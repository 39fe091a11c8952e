package io.vmstore.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AnswersTest {
  private final HandScheduler scheduler = new HandScheduler();
  private final CompletableFuture<Integer> work = new CompletableFuture<>();
  private final CompletableFuture<Integer> answer =
      Answers.by(
          scheduler.in(Duration.ofSeconds(2)),
          scheduler,
          work,
          () -> VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, "late").build());

  @Test
  void anAnswerShouldEndItsTimer() {
    work.complete(1);

    assertThat(answer).isCompletedWithValue(1);
    assertThat(scheduler.waiting()).isZero();
  }

  @Test
  void theDeadlineShouldAnswerWithoutDisturbingTheWork() {
    scheduler.pass(Duration.ofSeconds(2));

    assertThat(answer).isCompletedExceptionally();
    assertThat(work).isNotDone();
  }

  @Test
  void anUnexpectedThrowableShouldBecomeInternalOfUnknownOutcome() {
    work.completeExceptionally(new IllegalStateException("odd"));

    VmStoreException failure = Failures.of(answer.handle((value, thrown) -> thrown).join());
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure).hasMessageContaining("odd");
  }
}
