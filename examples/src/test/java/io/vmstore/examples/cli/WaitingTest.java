package io.vmstore.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WaitingTest {
  private static final Duration TICK = Duration.ofMillis(10);
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS);

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void progressShouldBeShownAndClearedOnATerminal() {
    assertThat(wait(true, CompletableFuture.supplyAsync(() -> "done", LATER))).isEqualTo("done");
    assertThat(shown()).contains("mapping tank/v1: 0 s of 60 s").endsWith("\r\u001b[K");
  }

  @Test
  void nothingShouldBeShownElsewhere() {
    assertThat(wait(false, CompletableFuture.supplyAsync(() -> "done", LATER))).isEqualTo("done");
    assertThat(shown()).isEmpty();
  }

  @Test
  void quickAnswerShouldShowNothing() {
    assertThat(wait(true, CompletableFuture.completedFuture("done"))).isEqualTo("done");
    assertThat(shown()).isEmpty();
  }

  @Test
  void interruptShouldBeCancelledWithAnUnknownOutcome() {
    Thread.currentThread().interrupt();
    VmStoreException failure =
        catchThrowableOfType(VmStoreException.class, () -> wait(true, new CompletableFuture<>()));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(failure.outcomeUnknown()).isTrue();
  }

  @Test
  void defectShouldBeInternal() {
    VmStoreException failure =
        catchThrowableOfType(
            VmStoreException.class,
            () -> wait(true, CompletableFuture.failedFuture(new IllegalStateException("oops"))));
    assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(failure.reason()).contains("oops");
  }

  private String wait(boolean terminal, CompletableFuture<String> answer) {
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Waiting(new Terminal(stream, stream, terminal), TICK)
        .forAnswer("mapping tank/v1", answer, Duration.ofSeconds(60));
  }

  private String shown() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
