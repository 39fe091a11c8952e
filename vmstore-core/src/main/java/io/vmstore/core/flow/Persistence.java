package io.vmstore.core.flow;

import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is repeated in the background, after growing pauses, until it says that nothing is left
 * to do; then it rests, and costs nothing, until it is woken.
 *
 * <p>Thread safety: thread-safe.
 */
public final class Persistence {
  private static final Logger LOG = LoggerFactory.getLogger(Persistence.class);
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final String name;
  private final Scheduler scheduler;
  private final Supplier<CompletableFuture<Integer>> round;

  private boolean running;
  private boolean paused;
  private boolean again;
  private Runnable endPause = () -> {};
  private Duration pause = SHORTEST;
  private CompletableFuture<Void> rested = CompletableFuture.completedFuture(null);

  /**
   * Makes work that rests.
   *
   * @param name what it is, for the log
   * @param round does what can be done now and says how much is left
   */
  public Persistence(String name, Scheduler scheduler, Supplier<CompletableFuture<Integer>> round) {
    this.name = name;
    this.scheduler = scheduler;
    this.round = round;
  }

  /**
   * Begins a round now, or has another one follow the present at once; the pauses after it begin
   * with the shortest.
   *
   * @return completes when nothing is left to do
   */
  public synchronized CompletableFuture<Void> wake() {
    pause = SHORTEST;
    if (running && !paused) {
      again = true;
      return rested;
    }
    if (!running) {
      running = true;
      rested = new CompletableFuture<>();
    }
    paused = false;
    endPause.run();
    scheduler.execute(this::begin);
    return rested;
  }

  /** A pause that was ended may be over just then all the same; its round has begun already. */
  private void resume() {
    synchronized (this) {
      if (!paused) {
        return;
      }
      paused = false;
    }
    begin();
  }

  private void begin() {
    Answers.of(round)
        .whenComplete(
            (left, failure) -> {
              if (failure != null) {
                LOG.warn("{}: cannot be done now: {}", name, Failures.text(failure));
              }
              ended(failure == null && left == 0);
            });
  }

  private void ended(boolean done) {
    CompletableFuture<Void> waiting;
    synchronized (this) {
      if (again) {
        again = false;
        scheduler.execute(this::begin);
        return;
      }
      if (!done) {
        paused = true;
        endPause = scheduler.schedule(this::resume, pause);
        pause = pause.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : pause.multipliedBy(2);
        return;
      }
      running = false;
      waiting = rested;
    }
    waiting.complete(null);
  }
}
