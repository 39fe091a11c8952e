package io.vmstore.zfs.lio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.model.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class OpenTurnsTest {
  private static final Duration LONGEST = Duration.ofSeconds(1);

  private final OpenTurns turns = new OpenTurns(LONGEST);

  /** Many that take their time together take longer than one that hangs. */
  @Test
  void whoeverWaitsShouldWaitOnWhileTurnsEnd() throws Exception {
    CompletableFuture<Void> first = new CompletableFuture<>();
    CompletableFuture<Void> second = new CompletableFuture<>();
    CompletableFuture<Long> third = new CompletableFuture<>();
    Thread opening = openingUntil(first);
    Thread next = openingUntil(second);
    Thread last =
        start(
            () -> {
              third.complete(System.nanoTime());
              return true;
            });
    long ended = System.nanoTime();
    first.complete(null);
    assertThat(third.get() - ended)
        .as("from the end of a turn until somebody opens without one")
        .isGreaterThanOrEqualTo(LONGEST.toNanos());
    second.complete(null);
    for (Thread thread : new Thread[] {opening, next, last}) {
      thread.join();
    }
  }

  private Thread openingUntil(CompletableFuture<Void> end) {
    return start(
        () -> {
          end.join();
          return true;
        });
  }

  /** Returns when it has the turn or waits for it. */
  private Thread start(OpenTurns.Opening opening) {
    Patience patience = Patience.of("cannot open", Deadline.after(Duration.ofSeconds(60)));
    Thread thread =
        new Thread(
            () -> {
              try {
                turns.run(opening, patience);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    thread.start();
    await()
        .until(
            () ->
                thread.getState() == Thread.State.WAITING
                    || thread.getState() == Thread.State.TIMED_WAITING);
    return thread;
  }
}
