package io.vmstore.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ProcessCommandRunnerTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final ProcessCommandRunner runner = new ProcessCommandRunner();
  @TempDir Path folder;

  @Test
  void runShouldReturnBothStreamsAndTheExitCode() {
    CommandResult result = shell("printf out; printf err >&2; exit 3", LONG);
    assertThat(result.output()).isEqualTo("out");
    assertThat(result.errors()).isEqualTo("err");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.took()).isPositive();
  }

  @Test
  void runShouldReport128PlusTheSignalWhenASignalEndedIt() {
    assertThat(shell("kill -9 $$", LONG).exitCode()).isEqualTo(137);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a b", "'", "\"", "\"quoted\"", "$HOME", "${x}", "*", "\\", "", " ", "-n", ";"})
  void runShouldHandOverEveryArgumentAsItIs(String argument) {
    CommandResult result = runner.run(Command.of("printf", "[%s]", argument), Deadline.after(LONG));
    assertThat(result.output()).isEqualTo("[" + argument + "]");
  }

  @Test
  void runShouldGiveExactlyTheDocumentedEnvironment() {
    CommandResult result = runner.run(Command.of("env"), Deadline.after(LONG));
    assertThat(result.output().lines())
        .containsExactlyInAnyOrder("LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
  }

  @Test
  void runShouldGiveAnEmptyStandardInput() {
    assertThat(runner.run(Command.of("cat"), Deadline.after(LONG)).output()).isEmpty();
  }

  @Test
  void runShouldNotLookForProgramsOutsideTheFixedPath() throws IOException {
    Path program = script("#!/bin/sh\necho found\n");
    assertThat(run(program.toString()).output()).isEqualTo("found\n");
    VmStoreException failure = failure(Command.of("program"), LONG);
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(failure).hasMessageContaining("'program'").hasMessageContaining("install");
  }

  @Test
  void runShouldFailWithUnavailableWhenTheKernelRefusesTheProgram() throws IOException {
    VmStoreException failure = failure(Command.of(script("#!/no/such/shell\n").toString()), LONG);
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.outcomeUnknown()).isFalse();
  }

  @Test
  void runShouldEndAtTheDeadlineWhenAGrandchildHoldsTheOutput() throws IOException {
    Path pid = folder.resolve("pid");
    long start = System.nanoTime();
    VmStoreException failure =
        failure(sh("sleep 60 & echo $! > " + pid + "; wait"), Duration.ofSeconds(2));
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isTrue();
    assertThat(failure.details()).containsEntry("ended", "true");
    assertThat(since(start)).isLessThan(LONG);
    assertGone(pid);
  }

  @Test
  void runShouldReturnWithTheProgramWhenADaemonKeepsItsOutputOpen() throws IOException {
    Path pid = folder.resolve("pid");
    long start = System.nanoTime();
    CommandResult result = shell("sleep 60 & echo $! > " + pid + "; echo done", LONG);
    assertThat(result.output()).isEqualTo("done\n");
    assertThat(since(start)).isLessThan(Duration.ofSeconds(10));
    daemon(pid).destroyForcibly();
  }

  @Test
  void runShouldKillAProgramThatIgnoresTerm() {
    CommandRunner slower = new ProcessCommandRunner(100, Duration.ofSeconds(2));
    VmStoreException failure =
        catchThrowableOfType(
            VmStoreException.class,
            () ->
                slower.run(
                    sh("trap '' TERM; while :; do sleep 1; done"),
                    Deadline.after(Duration.ofSeconds(1))));
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.details()).containsEntry("ended", "true");
  }

  @Test
  void runShouldLetAProgramCleanUpOnTerm() throws Exception {
    Path ready = folder.resolve("ready");
    Path mark = folder.resolve("cleaned");
    // A grace that no slow machine uses up: the call ends when the program has gone.
    CommandRunner patient = new ProcessCommandRunner(100, LONG);
    Command command =
        sh("trap 'echo yes > " + mark + "; exit' TERM; echo > " + ready + "; sleep 60 & wait");
    Thread caller =
        new Thread(
            () ->
                assertThatExceptionOfType(VmStoreException.class)
                    .isThrownBy(() -> patient.run(command, Deadline.after(LONG))));
    caller.start();
    await().until(() -> Files.exists(ready));
    caller.interrupt();
    caller.join();
    assertThat(mark).content().isEqualTo("yes\n");
  }

  @Test
  void runShouldNotStartWhenTheDeadlineHasPassed() {
    Path mark = folder.resolve("started");
    VmStoreException failure = failure(sh("echo > " + mark), Duration.ZERO);
    assertThat(failure.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(mark).doesNotExist();
  }

  @Test
  void runShouldEndTheProgramAndRestoreTheFlagWhenInterrupted() throws Exception {
    Path pid = folder.resolve("pid");
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    CompletableFuture<VmStoreException> thrown = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              thrown.complete(failure(sh("echo $$ > " + pid + "; exec sleep 60"), LONG));
              flag.complete(Thread.currentThread().isInterrupted());
            });
    caller.start();
    await().until(() -> Files.exists(pid) && Files.size(pid) > 1);
    caller.interrupt();
    assertThat(thrown.get().code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(thrown.get().outcomeUnknown()).isTrue();
    assertThat(flag.get()).isTrue();
    assertGone(pid);
  }

  @Test
  void runShouldNotStartOnAnInterruptedThread() {
    Thread.currentThread().interrupt();
    VmStoreException failure = failure(sh("echo > " + folder.resolve("started")), LONG);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(folder.resolve("started")).doesNotExist();
  }

  @Test
  void runShouldHoldTheOutputOfALargeListing() {
    // 100,000 volumes, three lines each, about 100 bytes a line.
    CommandResult result = shell("yes " + "x".repeat(99) + " | head -n 300000", LONG);
    assertThat(result.output()).hasSize(30_000_000).doesNotContain(ProcessCommandRunner.CUT_MARK);
  }

  @Test
  void runShouldMarkOutputThatItCut() {
    CommandResult result =
        new ProcessCommandRunner(10, LONG)
            .run(sh("printf 0123456789; printf 0123456789A >&2"), Deadline.after(LONG));
    assertThat(result.output()).isEqualTo("0123456789");
    assertThat(result.errors()).isEqualTo("0123456789\n" + ProcessCommandRunner.CUT_MARK + "\n");
  }

  private CommandResult shell(String script, Duration limit) {
    return runner.run(sh(script), Deadline.after(limit));
  }

  private CommandResult run(String... arguments) {
    return runner.run(Command.of(arguments), Deadline.after(LONG));
  }

  private static Command sh(String script) {
    return Command.of("sh", "-c", script);
  }

  private VmStoreException failure(Command command, Duration limit) {
    return catchThrowableOfType(
        VmStoreException.class, () -> runner.run(command, Deadline.after(limit)));
  }

  private Path script(String text) throws IOException {
    Path program = Files.writeString(folder.resolve("program"), text);
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return program;
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static void assertGone(Path pidFile) throws IOException {
    long pid = Long.parseLong(Files.readString(pidFile).strip());
    await()
        .until(
            () ->
                ProcessHandle.of(pid).isEmpty()
                    || !ProcessHandle.of(pid).get().isAlive()
                    || isZombie(pid));
  }

  /** An orphan that nobody reaps yet counts as gone. */
  private static boolean isZombie(long pid) throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    return Files.notExists(status) || Files.readString(status).contains("\nState:\tZ");
  }

  private static ProcessHandle daemon(Path pidFile) throws IOException {
    return ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip())).orElseThrow();
  }
}
