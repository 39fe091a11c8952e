package io.vmstore.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkerThreadsTest {
  private final WorkerThreads threads = new WorkerThreads("test");

  @AfterEach
  void close() {
    threads.close();
  }

  @Test
  void tasksThatBlockShouldNotDelayEachOther() throws InterruptedException {
    int count = 100;
    CountDownLatch allHaveBegun = new CountDownLatch(count);
    CountDownLatch ended = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      threads.execute(
          () -> {
            allHaveBegun.countDown();
            await(allHaveBegun);
            ended.countDown();
          });
    }
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void everyTaskShouldRunOnceWhenManyGiveThem() throws InterruptedException {
    int count = 20_000;
    AtomicInteger ran = new AtomicInteger();
    CountDownLatch left = new CountDownLatch(4 * count);
    for (int giver = 0; giver < 4; giver++) {
      threads.execute(
          () -> {
            for (int i = 0; i < count; i++) {
              threads.execute(
                  () -> {
                    ran.incrementAndGet();
                    left.countDown();
                  });
            }
          });
    }
    assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(ran).hasValue(4 * count);
  }

  @Test
  void taskThatThrowsShouldNotTakeOthersAlong() {
    CompletableFuture<Throwable> reported = new CompletableFuture<>();
    threads.execute(
        () -> {
          Thread.currentThread().setUncaughtExceptionHandler((t, e) -> reported.complete(e));
          throw new IllegalStateException("on purpose");
        });
    assertThat(reported.join()).hasMessage("on purpose");
    assertThat(CompletableFuture.supplyAsync(() -> 1, threads).join()).isOne();
  }

  @Test
  void interruptOfATaskShouldNotReachTheNextOne() {
    List<CompletableFuture<Boolean>> interrupted = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) { // some of them on the thread that was interrupted
      threads.execute(() -> Thread.currentThread().interrupt());
      interrupted.add(CompletableFuture.supplyAsync(Thread::interrupted, threads));
    }
    assertThat(interrupted).noneMatch(CompletableFuture::join);
  }

  @Test
  void timersShouldRunInTheirOrderWhateverTheOrderOfAsking() throws InterruptedException {
    BlockingQueue<String> ran = new LinkedBlockingQueue<>();
    threads.schedule(() -> ran.add("late"), Duration.ofMillis(300));
    threads.schedule(() -> ran.add("early"), Duration.ofMillis(20));
    Runnable cancel = threads.schedule(() -> ran.add("cancelled"), Duration.ofMillis(50));
    cancel.run();
    assertThat(ran.poll(20, TimeUnit.SECONDS)).isEqualTo("early");
    assertThat(ran.poll(20, TimeUnit.SECONDS)).isEqualTo("late");
  }

  @Test
  void timerShouldNotRunEarly() {
    long start = System.nanoTime();
    CompletableFuture<Long> ran = new CompletableFuture<>();
    threads.schedule(() -> ran.complete(System.nanoTime()), Duration.ofMillis(30));
    assertThat(ran.join() - start).isGreaterThanOrEqualTo(30_000_000);
  }

  @Test
  void closeShouldInterruptWhatIsUnderWayAndTakeNothingMore() {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Boolean> interrupted =
        CompletableFuture.supplyAsync(
            () -> {
              begun.countDown();
              return !await(new CountDownLatch(1));
            },
            threads);
    await(begun);
    threads.close();
    assertThat(interrupted.join()).isTrue();
    assertThatThrownBy(() -> threads.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
    threads.schedule(() -> {}, Duration.ZERO).run();
  }

  @Test
  void finishShouldLetWhatWasGivenEnd() {
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> await(go), threads);
    CompletableFuture<Integer> behind = CompletableFuture.supplyAsync(() -> 1, threads);
    threads.finish();
    go.countDown();
    assertThat(waiting.join()).isTrue();
    assertThat(behind.join()).isOne();
  }

  /** {@return false when interrupted} */
  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }
}
