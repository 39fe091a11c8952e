package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static io.vmstore.iscsi.Failures.shortly;
import static io.vmstore.iscsi.Failures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KernelCallTest {
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<String> late = new CopyOnWriteArrayList<>();

  @AfterEach
  void letGo() {
    release.countDown();
  }

  private String stuck() throws IOException {
    try {
      release.await();
      return "done";
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void awaitShouldReturnTheResult() throws IOException {
    assertThat(
            KernelCall.start("answer", () -> 42)
                .await(Attempt.of("cannot test", soon()), () -> true, ignored -> {}))
        .isEqualTo(42);
  }

  @Test
  void awaitShouldPassOnWhatTheKernelSaid() {
    IOException failure = new IOException("No such device");
    KernelCall<String> call =
        KernelCall.start(
            "fail",
            () -> {
              throw failure;
            });
    assertThatThrownBy(() -> call.await(Attempt.of("cannot test", soon()), () -> true))
        .isSameAs(failure);
  }

  @Test
  void awaitShouldEndAtTheDeadlineAndHandOverALateResult() {
    KernelCall<String> call = KernelCall.start("open 'x'", this::stuck);
    assertThat(
            assertFails(
                ErrorCode.DEADLINE_EXCEEDED,
                () -> call.await(Attempt.of("cannot test", shortly()), () -> true, late::add)))
        .hasMessageContaining("open 'x'");
    assertThat(late).isEmpty();
    release.countDown();
    await().until(() -> late.contains("done"));
  }

  @Test
  void awaitShouldEndWhenThereIsNoHope() {
    KernelCall<String> call = KernelCall.start("flush", this::stuck);
    assertThatThrownBy(() -> call.await(Attempt.of("cannot test", soon()), () -> false))
        .isInstanceOf(InterruptedIOException.class);
  }

  @Test
  void awaitShouldEndWhenInterrupted() {
    KernelCall<String> call = KernelCall.start("flush", this::stuck);
    Thread.currentThread().interrupt();
    assertFails(
        ErrorCode.CANCELLED, () -> call.await(Attempt.of("cannot test", soon()), () -> true));
    assertThat(Thread.interrupted()).isTrue();
  }
}
