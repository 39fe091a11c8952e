package io.vmstore.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocksTest {
  private static final String THING = "volume 1";

  @TempDir Path folder;
  private Locks locks;
  private Locks others;

  @BeforeEach
  void open() throws IOException {
    locks = Locks.open(folder.resolve("lock"));
    others = Locks.open(folder.resolve("lock"));
  }

  @AfterEach
  void close() throws IOException {
    locks.close();
    others.close();
  }

  private static Deadline within(long milliseconds) {
    return Deadline.after(Duration.ofMillis(milliseconds));
  }

  private static <T> T alone(Locks from, String thing, Deadline deadline, PortCalls.Answer<T> call)
      throws IOException {
    return from.alone(thing, "cannot do it", deadline, call);
  }

  @Test
  void onlyOneThreadShouldBeAtWorkOnAThing() {
    AtomicInteger inside = new AtomicInteger();
    int most =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> workInside(i % 2 == 0 ? locks : others, inside)))
            .toList()
            .stream()
            .mapToInt(CompletableFuture::join)
            .max()
            .orElseThrow();
    assertThat(most).isEqualTo(1);
  }

  private static int workInside(Locks from, AtomicInteger inside) {
    try {
      return alone(
          from,
          THING,
          within(30_000),
          () -> {
            int now = inside.incrementAndGet();
            LockSupport.parkNanos(50_000); // long enough for another to come in
            inside.decrementAndGet();
            return now;
          });
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void differentThingsShouldNotWaitForOneAnother() throws IOException {
    String answer =
        alone(locks, THING, within(1000), () -> alone(others, "other", within(1000), () -> "both"));
    assertThat(answer).isEqualTo("both");
  }

  @Test
  void aHeldLockShouldBeWaitedForUntilTheDeadline() throws IOException {
    VmStoreException failure =
        alone(locks, THING, within(1000), () -> failureOf(others, within(50)));
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isFalse();
  }

  @Test
  void aWaitShouldEndWhenItsThreadIsInterrupted() throws IOException {
    VmStoreException failure =
        alone(
            locks,
            THING,
            within(1000),
            () -> {
              Thread.currentThread().interrupt();
              VmStoreException caught = failureOf(others, within(30_000));
              assertThat(Thread.interrupted()).isTrue();
              return caught;
            });
    assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
  }

  private static VmStoreException failureOf(Locks from, Deadline deadline) {
    return catchThrowableOfType(
        VmStoreException.class, () -> alone(from, THING, deadline, () -> "never"));
  }

  @Test
  void aFailureShouldFreeTheLock() throws IOException {
    IOException planned = new IOException("planned");
    assertThatThrownBy(
            () ->
                alone(
                    locks,
                    THING,
                    within(1000),
                    () -> {
                      throw planned;
                    }))
        .isEqualTo(planned);
    assertThat(alone(others, THING, within(1000), () -> "free")).isEqualTo("free");
  }

  @Test
  void closeShouldWaitForTheOtherInstanceOfTheProcess() throws Exception {
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    CompletableFuture<Boolean> holder =
        CompletableFuture.supplyAsync(() -> holdUntil(holding, enough));
    holding.await();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(this::closeOthers);
    assertThat(closing).isNotDone();
    assertThat(canBeHadByAnotherProcess()).isFalse();
    enough.countDown();
    assertThat(holder.get(10, TimeUnit.SECONDS)).isTrue();
    closing.get(10, TimeUnit.SECONDS);
    assertThat(others.isOpen()).isFalse();
  }

  private boolean holdUntil(CountDownLatch holding, CountDownLatch enough) {
    try {
      return alone(
          locks,
          THING,
          within(1000),
          () -> {
            holding.countDown();
            try {
              return enough.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void closeOthers() {
    try {
      others.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private boolean canBeHadByAnotherProcess() throws Exception {
    Process process = lockHolder(Duration.ofMillis(100));
    try (BufferedReader output = process.inputReader(UTF_8)) {
      return "held".equals(output.readLine());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void theLockOfAKilledProcessShouldBeFree() throws Exception {
    Process process = lockHolder(Duration.ofSeconds(30));
    try (BufferedReader output = process.inputReader(UTF_8)) {
      assertThat(output.readLine()).isEqualTo("held");
      assertThat(failureOf(locks, within(50)).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertThat(alone(locks, THING, within(10_000), () -> "free")).isEqualTo("free");
  }

  private Process lockHolder(Duration patience) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            LockHolder.class.getName(),
            folder.resolve("lock").toString(),
            THING,
            patience.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
