package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class PoolTurnsTest {
  private static final PoolName TANK = new PoolName("tank");
  private static final PoolName OTHER = new PoolName("other");
  private static final Deadline LATER = Deadline.after(Duration.ofSeconds(20));

  private final PoolTurns turns = new PoolTurns(2);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Semaphore goOn = new Semaphore(0);
  private final List<String> begun = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void noThreadIsLeft() {
    goOn.release(100);
    threads.shutdownNow();
  }

  @Test
  void noMoreThanItsNumberShouldRunAtOnceAndTheOthersInTheirOrder() {
    holdTwo();
    List<CompletableFuture<String>> later = List.of(waiting("v3"), waiting("v4"));
    assertThat(begun).containsExactlyInAnyOrder("v1", "v2");
    goOn.release();
    await().until(() -> begun.size() == 3);
    assertThat(begun).last().isEqualTo("v3");
    goOn.release(3);
    assertThat(later).extracting(CompletableFuture::join).containsExactly("v3", "v4");
  }

  @Test
  void aPoolThatHangsShouldKeepBackNoOther() {
    holdTwo();
    assertThat(turns.await(OTHER, "cannot test", LATER, () -> "done")).isEqualTo("done");
  }

  @Test
  void whoseTurnDoesNotComeInTimeShouldBeToldThatNothingWasDone() {
    holdTwo();
    VmStoreException failure = failure(Deadline.after(Duration.ofMillis(20)));
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(failure).hasMessageContaining("'tank' is changed by 2 at a time");
    assertThat(begun).doesNotContain("late");
  }

  @Test
  void whoIsInterruptedBeforeItsTurnShouldBeToldThatNothingWasDone() {
    holdTwo();
    Thread.currentThread().interrupt();
    VmStoreException failure = failure(LATER);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(begun).doesNotContain("late");
  }

  @Test
  void aProgramThatFailsShouldGiveItsTurnBack() {
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> turns.await(TANK, "cannot test", LATER, this::broken))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThat(turns.await(TANK, "cannot test", LATER, () -> "done")).isEqualTo("done");
  }

  private String broken() {
    throw new IllegalStateException("it failed");
  }

  private VmStoreException failure(Deadline deadline) {
    return catchThrowableOfType(
        VmStoreException.class,
        () -> turns.await(TANK, "cannot test", deadline, () -> begun.add("late")));
  }

  private void holdTwo() {
    run("v1", new CompletableFuture<>());
    run("v2", new CompletableFuture<>());
    await().until(() -> begun.size() == 2);
  }

  /** Returns once it waits for its turn. */
  private CompletableFuture<String> waiting(String name) {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    CompletableFuture<String> done = run(name, thread);
    await().until(() -> thread.join().getState() == Thread.State.TIMED_WAITING);
    return done;
  }

  private CompletableFuture<String> run(String name, CompletableFuture<Thread> thread) {
    return CompletableFuture.supplyAsync(
        () -> {
          thread.complete(Thread.currentThread());
          return turns.await(TANK, "cannot test", LATER, () -> work(name));
        },
        threads);
  }

  private String work(String name) {
    begun.add(name);
    goOn.acquireUninterruptibly();
    return name;
  }
}
