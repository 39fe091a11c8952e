package io.vmstore.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final HandScheduler scheduler = new HandScheduler();
  private final Turns<String> turns = new Turns<>(scheduler);

  @Test
  void nowShouldRefuseATakenKeyNamingWhatHoldsIt() {
    turns.now("v1", "map", CompletableFuture::new);
    scheduler.pass(SECOND.multipliedBy(7));

    VmStoreException failure = failureOf(turns.now("v1", "delete", CompletableFuture::new));

    assertThat(failure.code()).isEqualTo(ErrorCode.BUSY);
    assertThat(failure).hasMessageContaining("'map'").hasMessageContaining("7 s");
  }

  @Test
  void differentKeysShouldNotKnowOfOneAnother() {
    turns.now("v1", "map", CompletableFuture::new);

    assertThat(turns.now("v10", "map", () -> CompletableFuture.completedFuture(1)))
        .isCompletedWithValue(1);
  }

  @Test
  void aFailureShouldFreeTheKeyEvenWhenTheWorkThrows() {
    turns.now("v1", "map", () -> CompletableFuture.failedFuture(new IllegalStateException()));
    turns.now(
        "v1",
        "map",
        () -> {
          throw new IllegalStateException();
        });

    assertThat(turns.now("v1", "map", () -> CompletableFuture.completedFuture(1)))
        .isCompletedWithValue(1);
  }

  @Test
  void waitersShouldBeServedInTheOrderOfAskingAndKeepOthersOut() {
    List<String> order = new ArrayList<>();
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> second = new CompletableFuture<>();
    turns.now("v1", "map", () -> first);
    turns.whenFree("v1", "unmap", scheduler.in(SECOND), () -> noted(order, "second", second));
    turns.whenFree("v1", "unmap", scheduler.in(SECOND), () -> noted(order, "third", second));

    first.complete("");
    assertThat(order).containsExactly("second");
    assertThat(failureOf(turns.now("v1", "map", CompletableFuture::new)).code())
        .isEqualTo(ErrorCode.BUSY);
    second.complete("");
    assertThat(order).containsExactly("second", "third");
    assertThat(scheduler.waiting()).isZero();
  }

  @Test
  void aWaiterShouldGiveUpAtItsDeadlineAndNotHoldUpTheNext() {
    CompletableFuture<String> first = new CompletableFuture<>();
    turns.now("v1", "map", () -> first);
    CompletableFuture<String> late =
        turns.whenFree("v1", "unmap", scheduler.in(SECOND), CompletableFuture::new);
    CompletableFuture<Integer> patient =
        turns.whenFree(
            "v1",
            "unmap",
            scheduler.in(SECOND.multipliedBy(5)),
            () -> CompletableFuture.completedFuture(3));

    scheduler.pass(SECOND.multipliedBy(2));
    assertThat(failureOf(late).code()).isEqualTo(ErrorCode.BUSY);
    first.complete("");
    assertThat(patient).isCompletedWithValue(3);
    assertThat(turns.now("v1", "map", () -> CompletableFuture.completedFuture(4)))
        .isCompletedWithValue(4);
  }

  @Test
  void oneWhoOvertakesShouldBeNextAndTellTheHolder() {
    List<String> order = new ArrayList<>();
    CompletableFuture<String> first = new CompletableFuture<>();
    turns.now("v1", "map", () -> first);
    CompletableFuture<Void> overtaken = turns.overtaken("v1");
    turns.whenFree("v1", "unmap", scheduler.in(SECOND), () -> noted(order, "patient", first));

    turns.overtake("v1", "force", scheduler.in(SECOND), () -> noted(order, "hasty", first));

    assertThat(overtaken).isCompleted();
    assertThat(order).isEmpty();
    first.complete("");
    assertThat(order).containsExactly("hasty", "patient");
  }

  @Test
  void oneWhoOvertakesShouldGiveUpAtItsDeadlineAndTellNoLaterHolder() {
    CompletableFuture<String> first = new CompletableFuture<>();
    turns.now("v1", "map", () -> first);
    CompletableFuture<String> hasty =
        turns.overtake("v1", "force", scheduler.in(SECOND), CompletableFuture::new);

    scheduler.pass(SECOND);
    assertThat(failureOf(hasty).code()).isEqualTo(ErrorCode.BUSY);
    first.complete("");
    turns.now("v1", "unmap", CompletableFuture::new);
    assertThat(turns.overtaken("v1")).isNotDone();
  }

  private static CompletableFuture<String> noted(
      List<String> order, String name, CompletableFuture<String> work) {
    order.add(name);
    return work;
  }

  private static VmStoreException failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    return Failures.of(future.handle((value, failure) -> failure).join());
  }
}
