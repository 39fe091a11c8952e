package io.vmstore.core.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** The same work for many elements, so many at once. */
public final class Batch {
  private Batch() {}

  /**
   * {@return what became of each element, in no order} The work's futures must not fail.
   *
   * @param atOnce how many are under way at a time
   */
  public static <T, R> CompletableFuture<List<R>> each(
      List<T> elements, int atOnce, Executor executor, Function<T, CompletableFuture<R>> work) {
    Queue<T> waiting = new ConcurrentLinkedQueue<>(elements);
    Queue<R> results = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<Void>> lanes = new ArrayList<>();
    for (int lane = 0; lane < Math.min(atOnce, elements.size()); lane++) {
      lanes.add(lane(waiting, results, executor, work));
    }
    return CompletableFuture.allOf(lanes.toArray(CompletableFuture[]::new))
        .thenApply(nothing -> List.copyOf(results));
  }

  private static <T, R> CompletableFuture<Void> lane(
      Queue<T> waiting,
      Queue<R> results,
      Executor executor,
      Function<T, CompletableFuture<R>> work) {
    T next = waiting.poll();
    if (next == null) {
      return CompletableFuture.completedFuture(null);
    }
    return Answers.of(() -> work.apply(next))
        .thenAccept(results::add)
        .thenComposeAsync(nothing -> lane(waiting, results, executor, work), executor);
  }
}
