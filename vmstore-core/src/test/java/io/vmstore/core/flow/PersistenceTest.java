package io.vmstore.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PersistenceTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final HandScheduler scheduler = new HandScheduler();
  private final List<CompletableFuture<Integer>> rounds = new ArrayList<>();
  private final Persistence persistence = new Persistence("test", scheduler, this::round);

  @Test
  void pausesShouldGrowUntilNothingIsLeft() {
    CompletableFuture<Void> rested = persistence.wake();
    endRoundWith(2);
    scheduler.pass(SECOND);
    endRoundWith(1);
    scheduler.pass(SECOND);
    assertThat(rounds).hasSize(2);
    scheduler.pass(SECOND);
    endRoundWith(0);

    assertThat(rested).isCompleted();
    assertThat(scheduler.waiting()).isZero();
  }

  @Test
  void oneWhoWakesItInAPauseShouldHaveARoundAtOnceAndShortPausesAgain() {
    persistence.wake();
    endRoundWith(1);
    scheduler.pass(SECOND);
    endRoundWith(1);

    persistence.wake();

    assertThat(rounds).hasSize(3);
    endRoundWith(1);
    assertThat(scheduler.waiting()).isOne();
    scheduler.pass(SECOND);
    assertThat(rounds).hasSize(4);
  }

  @Test
  void oneWhoWakesItInARoundShouldHaveAnotherAtOnceEvenWhenSomethingIsLeft() {
    CompletableFuture<Void> rested = persistence.wake();
    persistence.wake();
    endRoundWith(1);

    assertThat(rounds).hasSize(2);
    assertThat(scheduler.waiting()).isZero();
    endRoundWith(0);
    assertThat(rested).isCompleted();
  }

  @Test
  void aPauseThatEndsAsSomebodyWakesItShouldNotBeginASecondRound() {
    Persistence persistence = new Persistence("test", new Uncancellable(scheduler), this::round);
    persistence.wake();
    endRoundWith(1);
    persistence.wake();

    scheduler.pass(SECOND);

    assertThat(rounds).hasSize(2);
  }

  /** Its timers run whoever cancels them, as one does that has just begun to run. */
  private record Uncancellable(Scheduler delegate) implements Scheduler {
    @Override
    public long nanoTime() {
      return delegate.nanoTime();
    }

    @Override
    public Runnable schedule(Runnable task, Duration delay) {
      delegate.schedule(task, delay);
      return () -> {};
    }

    @Override
    public void execute(Runnable task) {
      delegate.execute(task);
    }
  }

  private CompletableFuture<Integer> round() {
    rounds.add(new CompletableFuture<>());
    return rounds.get(rounds.size() - 1);
  }

  private void endRoundWith(int left) {
    rounds.get(rounds.size() - 1).complete(left);
  }
}
