package io.vmstore.core.nas;

import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Trace;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.OperationId;
import io.vmstore.spi.Scheduler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inverses of the steps taken so far. An inverse is noted before its step, so a step of unknown
 * outcome is undone too; the steps' ports promise that undoing what never happened is success.
 *
 * <p>Thread safety: used by one operation, whose steps follow one another.
 */
final class Undo {
  private record Inverse(String name, Supplier<CompletableFuture<Void>> action) {}

  private static final Logger LOG = LoggerFactory.getLogger(Undo.class);

  private final Scheduler scheduler;
  private final OperationId operation;
  private final Deque<Inverse> inverses = new ArrayDeque<>();

  /** Begins an operation without a step. */
  Undo(Scheduler scheduler, OperationId operation) {
    this.scheduler = scheduler;
    this.operation = operation;
  }

  /** Takes a step whose failure, when certain, leaves nothing to undo. */
  <T> CompletableFuture<T> step(
      String name,
      Supplier<CompletableFuture<T>> action,
      Supplier<CompletableFuture<Void>> inverse) {
    inverses.push(new Inverse(name, inverse));
    return Trace.of(scheduler, operation, name, action)
        .whenComplete(
            (value, failure) -> {
              if (failure != null && !Failures.of(failure).outcomeUnknown()) {
                inverses.pop();
              }
            });
  }

  /**
   * Undoes every step, latest first.
   *
   * @return a failed future in every case: with {@code failure} made certain when all was undone,
   *     made uncertain when not
   */
  <T> CompletableFuture<T> after(VmStoreException failure) {
    return undoRest()
        .handle((nothing, stuck) -> stuck)
        .thenCompose(
            stuck -> CompletableFuture.failedFuture(Failures.withOutcome(failure, stuck != null)));
  }

  private CompletableFuture<Void> undoRest() {
    Inverse next = inverses.poll();
    if (next == null) {
      return CompletableFuture.completedFuture(null);
    }
    // An inverse that fails ends it: the ones before it would pull the ground from under what is
    // still there.
    return Trace.of(scheduler, operation, "undo '" + next.name() + "'", next.action())
        .whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                LOG.warn(
                    "could not undo '{}'; it stays on record: {}",
                    next.name(),
                    Failures.text(failure));
                LOG.debug("the failure", failure);
              }
            })
        .thenCompose(nothing -> undoRest());
  }
}
