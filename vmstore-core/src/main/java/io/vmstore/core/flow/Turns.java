package io.vmstore.core.flow;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * One operation at a time for each key; different keys do not know of one another. Turns live in
 * memory: what was under way when a process died is said by its records, not by a lock.
 *
 * <p>Thread safety: thread-safe. Work is begun on the caller's thread when the key is free, on the
 * scheduler's otherwise.
 *
 * @param <K> the key
 */
public final class Turns<K> {
  private static final class Turn {
    private final String operation;
    private final long since;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final CompletableFuture<Void> overtaken = new CompletableFuture<>();

    private Turn(String operation, long since) {
      this.operation = operation;
      this.since = since;
    }
  }

  private final Scheduler scheduler;
  private final Map<K, Turn> turns = new HashMap<>();

  /** Makes turns whose waiting is timed by the given scheduler. */
  public Turns(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /**
   * Runs the work now, or fails with BUSY when the key is taken.
   *
   * @param operation what the work is, for the message of those it keeps out
   */
  public <T> CompletableFuture<T> now(
      K key, String operation, Supplier<CompletableFuture<T>> work) {
    synchronized (turns) {
      Turn turn = turns.get(key);
      if (turn != null) {
        return CompletableFuture.failedFuture(busy(key, operation, turn));
      }
      turns.put(key, new Turn(operation, scheduler.nanoTime()));
    }
    return begin(key, work);
  }

  /**
   * Runs the work when the key is free, in the order of asking, or fails with BUSY at the deadline.
   */
  public <T> CompletableFuture<T> whenFree(
      K key, String operation, Deadline deadline, Supplier<CompletableFuture<T>> work) {
    return queue(key, operation, deadline, Deque::addLast).thenCompose(nothing -> begin(key, work));
  }

  /**
   * As {@link #whenFree}, but before all who wait, and with the present holder told by {@link
   * #overtaken} to give up its waiting.
   */
  public <T> CompletableFuture<T> overtake(
      K key, String operation, Deadline deadline, Supplier<CompletableFuture<T>> work) {
    Optional<Turn> holder;
    CompletableFuture<Void> granted;
    synchronized (turns) {
      holder = Optional.ofNullable(turns.get(key));
      granted = queue(key, operation, deadline, Deque::addFirst);
    }
    // Outside the monitor, because the holder goes on from here.
    holder.ifPresent(turn -> turn.overtaken.complete(null));
    return granted.thenCompose(nothing -> begin(key, work));
  }

  /**
   * {@return completes when somebody overtakes the one who has the key's turn now} To be asked by
   * the work that has the turn, when it begins.
   */
  public CompletableFuture<Void> overtaken(K key) {
    synchronized (turns) {
      return Objects.requireNonNull(turns.get(key)).overtaken;
    }
  }

  private CompletableFuture<Void> queue(
      K key, String operation, Deadline deadline, BiConsumer<Deque<Runnable>, Runnable> place) {
    CompletableFuture<Void> granted = new CompletableFuture<>();
    synchronized (turns) {
      Turn turn = turns.get(key);
      if (turn == null) {
        turns.put(key, new Turn(operation, scheduler.nanoTime()));
        granted.complete(null);
      } else {
        place.accept(turn.waiting, () -> grant(key, operation, granted));
        Runnable cancel =
            scheduler.schedule(
                () -> granted.completeExceptionally(busy(key, operation, turn)),
                deadline.remaining());
        granted.whenComplete((nothing, failure) -> cancel.run());
      }
    }
    return granted;
  }

  /** {@return whether an operation of the key is under way} */
  public boolean taken(K key) {
    synchronized (turns) {
      return turns.containsKey(key);
    }
  }

  private <T> CompletableFuture<T> begin(K key, Supplier<CompletableFuture<T>> work) {
    return Answers.of(work).whenComplete((value, failure) -> release(key));
  }

  private void release(K key) {
    Runnable next;
    synchronized (turns) {
      Turn ended = turns.get(key);
      next = ended == null ? null : ended.waiting.poll();
      if (next == null) {
        turns.remove(key);
        return;
      }
    }
    scheduler.execute(next);
  }

  /** The turn passes to a waiter; one that gave up meanwhile passes it on. */
  private void grant(K key, String operation, CompletableFuture<Void> granted) {
    synchronized (turns) {
      Turn mine = new Turn(operation, scheduler.nanoTime());
      Turn ended = turns.put(key, mine);
      if (ended != null) {
        mine.waiting.addAll(ended.waiting);
      }
    }
    if (!granted.complete(null)) {
      release(key);
    }
  }

  private VmStoreException busy(K key, String operation, Turn turn) {
    long seconds = (scheduler.nanoTime() - turn.since) / 1_000_000_000;
    return VmStoreException.builder(ErrorCode.BUSY, "cannot " + operation + " '" + key + "' now")
        .reason("'" + turn.operation + "' of it is under way for " + seconds + " s")
        .correction("repeat the call when that has ended")
        .detail("operation", turn.operation)
        .build();
  }
}
