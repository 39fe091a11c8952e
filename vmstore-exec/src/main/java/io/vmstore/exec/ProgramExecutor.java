package io.vmstore.exec;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.commons.exec.CommandLine;
import org.apache.commons.exec.DefaultExecutor;
import org.apache.commons.exec.ExecuteException;
import org.apache.commons.exec.ExecuteResultHandler;
import org.apache.commons.exec.PumpStreamHandler;

/**
 * One start of one program by commons-exec, without four of its parts: its pumps (they wait for the
 * end of the output, not of the program), its watchdog (one SIGTERM to the direct child), its
 * arguments (they lose blanks at their ends even when told not to be quoted), and the environment
 * of this process.
 *
 * <p>A thread of its own waits for the program, so that the caller need not wait for one that
 * cannot be killed.
 */
final class ProgramExecutor extends DefaultExecutor {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("LC_ALL", "C", "PATH", ProcessCommandRunner.PATH);

  private final Command command;
  private final CapturedOutput output;

  /** How long the program has to clean up after SIGTERM, and the kernel after SIGKILL. */
  private final Duration grace;

  private final CompletableFuture<Process> started = new CompletableFuture<>();

  @SuppressWarnings("deprecation") // the builder makes a DefaultExecutor, never a subclass
  ProgramExecutor(Command command, CapturedOutput output, Duration grace) {
    this.command = command;
    this.output = output;
    this.grace = grace;
    // The root folder keeps no file system busy.
    setWorkingDirectory(new File("/"));
    setStreamHandler(new PumpStreamHandler(null, null)); // no pumps
    setExitValues(null); // any exit code is an answer
  }

  /** {@return the exit code to come, or the failure to start} */
  CompletableFuture<Integer> start(Path program) throws IOException {
    Exit exit = new Exit();
    execute(new CommandLine(program), ENVIRONMENT, exit);
    return exit.code;
  }

  /** Ends the program and its descendants. {@return whether it has gone} */
  boolean end() {
    if (started.cancel(false)) {
      return true; // not started yet: launch() ends it at once
    }
    Process process = started.join();
    List<ProcessHandle> family = family(process);
    family.forEach(ProcessHandle::destroy);
    awaitExit(family);
    // Those that ignored SIGTERM, and those born meanwhile.
    Stream.concat(family.stream(), family(process).stream())
        .forEach(ProcessHandle::destroyForcibly);
    awaitExit(family);
    return !process.isAlive();
  }

  /** The program first: it may end by itself once a child has, before it hears why. */
  private static List<ProcessHandle> family(Process process) {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
  }

  /** Waits for a grace period; an interrupt, which the caller handles, cuts it short. */
  private void awaitExit(List<ProcessHandle> family) {
    CompletableFuture<?>[] exits =
        family.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(exits).get(grace.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Whether the program has gone is asked of the program itself.
    }
  }

  @Override
  protected Process launch(CommandLine line, Map<String, String> environment, Path folder)
      throws IOException {
    List<String> arguments = new ArrayList<>(command.arguments());
    arguments.set(0, line.getExecutable());
    ProcessBuilder builder =
        new ProcessBuilder(arguments)
            .directory(folder.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output.standardFile().toFile())
            .redirectError(output.errorFile().toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (!started.complete(process)) {
      process.destroyForcibly();
    }
    return process;
  }

  @Override
  protected Thread createThread(Runnable runnable, String name) {
    Thread thread = new Thread(runnable, "vmstore-exec");
    thread.setDaemon(true);
    return thread;
  }

  /** Turns the call-backs of commons-exec into a future. */
  private static final class Exit implements ExecuteResultHandler {
    private final CompletableFuture<Integer> code = new CompletableFuture<>();

    @Override
    public void onProcessComplete(int exitCode) {
      code.complete(exitCode);
    }

    @Override
    public void onProcessFailed(ExecuteException failure) {
      code.completeExceptionally(failure);
    }
  }
}
