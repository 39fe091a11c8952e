package io.vmstore.core.nas;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.OperationId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class UndoTest {
  private final List<String> done = new ArrayList<>();
  private final Undo undo = new Undo(new HandScheduler(), OperationId.random());

  @Test
  void stepsShouldBeUndoneLatestFirst() {
    step("a", null);
    step("b", null);

    VmStoreException outcome = undone(failure(true));

    assertThat(done).containsExactly("a", "b", "undo b", "undo a");
    assertThat(outcome.outcomeUnknown()).isFalse();
  }

  @Test
  void aStepThatCertainlyFailedShouldNotBeUndoneButOneOfUnknownOutcomeShould() {
    step("a", null);
    step("b", failure(false));
    step("c", failure(true));

    undone(failure(false));

    assertThat(done).containsExactly("a", "b", "c", "undo c", "undo a");
  }

  @Test
  void anInverseThatFailsShouldStopTheRestAndSaySo() {
    step("a", null);
    undo.step(
        "b",
        () -> CompletableFuture.completedFuture(""),
        () -> CompletableFuture.failedFuture(failure(false)));

    VmStoreException outcome = undone(failure(false));

    assertThat(done).containsExactly("a");
    assertThat(outcome.outcomeUnknown()).isTrue();
  }

  @Test
  void anInverseThatFailsShouldCostOneLineOfTheLog() {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(Undo.class);
    logger.addAppender(lines);
    lines.start();

    undo.step(
        "b",
        () -> CompletableFuture.completedFuture(""),
        () -> CompletableFuture.failedFuture(failure(false)));
    undone(failure(false));

    logger.detachAppender(lines);
    assertThat(lines.list)
        .filteredOn(line -> line.getLevel() == Level.WARN)
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.getFormattedMessage()).contains("'b'", "UNAVAILABLE: failed");
              assertThat(line.getThrowableProxy()).isNull();
            });
  }

  private void step(String name, @Nullable VmStoreException failure) {
    undo.step(
        name,
        () -> {
          done.add(name);
          return failure == null
              ? CompletableFuture.completedFuture(name)
              : CompletableFuture.failedFuture(failure);
        },
        () -> {
          done.add("undo " + name);
          return CompletableFuture.completedFuture(null);
        });
  }

  private VmStoreException undone(VmStoreException cause) {
    return Failures.of(undo.after(cause).handle((value, thrown) -> thrown).join());
  }

  private static VmStoreException failure(boolean outcomeUnknown) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, "failed")
        .outcomeUnknown(outcomeUnknown)
        .build();
  }
}
