package io.vmstore.exec;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs real programs of this machine.
 *
 * <p>The deadline holds whatever the program does: it may ignore SIGTERM, leave a child behind that
 * keeps its output open, or hang inside the kernel. In the last case the call ends a second after
 * the deadline and the program stays, because nothing can end it; the error says so.
 *
 * <p>Each stream is kept in a temporary file while the program runs and is cut at {@value
 * #OUTPUT_LIMIT_MEBIBYTES} MiB, room for a {@code zfs get} of three properties over 100,000 volumes
 * with names of 150 characters. A cut text ends with the line {@link #CUT_MARK}, which no parser of
 * complete output takes for a row.
 *
 * <p>A program named without a {@code /} is looked for in {@value #PATH} only, never in the {@code
 * PATH} of this process.
 *
 * <p>Thread safety: immutable.
 */
public final class ProcessCommandRunner implements CommandRunner {
  /** The last line of an output or error text that was cut. */
  public static final String CUT_MARK = "[vmstore: the rest of this output was cut]";

  static final String PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
  private static final int OUTPUT_LIMIT_MEBIBYTES = 64;

  private static final Duration GRACE = Duration.ofMillis(300);

  private final int outputLimit;
  private final Duration grace;

  /** Creates a runner. */
  public ProcessCommandRunner() {
    this(OUTPUT_LIMIT_MEBIBYTES << 20, GRACE);
  }

  /** Other limits, for tests. */
  ProcessCommandRunner(int outputLimit, Duration grace) {
    this.outputLimit = outputLimit;
    this.grace = grace;
  }

  @Override
  public CommandResult run(Command command, Deadline deadline) {
    refuseWhenTooLate(command, deadline);
    Path program = resolve(command);
    try (CapturedOutput output = capture(command)) {
      long start = System.nanoTime();
      ProgramExecutor executor = new ProgramExecutor(command, output, grace);
      int exitCode = await(command, executor, executor.start(program), deadline);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      return new CommandResult(command, exitCode, output.standard(), output.errors(), took);
    } catch (IOException e) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, "cannot read what " + q(command) + " said")
          .reason(rootReason(e))
          .correction("see whether something removes temporary files while they are in use")
          .outcomeUnknown(true)
          .cause(e)
          .build();
    }
  }

  private CapturedOutput capture(Command command) {
    try {
      return CapturedOutput.open(outputLimit);
    } catch (IOException e) {
      throw notStarted(command, "no temporary file for its output: " + rootReason(e))
          .correction("see whether the folder for temporary files is full or read-only")
          .cause(e)
          .build();
    }
  }

  private static void refuseWhenTooLate(Command command, Deadline deadline) {
    if (Thread.currentThread().isInterrupted()) {
      throw VmStoreException.builder(ErrorCode.CANCELLED, q(command) + " was not started")
          .reason("the calling thread is interrupted")
          .build();
    }
    if (deadline.passed()) {
      throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, q(command) + " was not started")
          .reason("the deadline had passed before it")
          .correction("give the operation more time")
          .build();
    }
  }

  /** ProcessBuilder would search the PATH this JVM was started with. */
  private static Path resolve(Command command) {
    String program = command.arguments().get(0);
    List<Path> candidates =
        program.indexOf('/') >= 0
            ? List.of(Path.of(program))
            : List.of(PATH.split(":")).stream().map(folder -> Path.of(folder, program)).toList();
    return candidates.stream()
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .orElseThrow(
            () ->
                notStarted(command, "'" + program + "' is not an executable program of " + PATH)
                    .correction("install the package that holds '" + program + "'")
                    .build());
  }

  private static int await(
      Command command,
      ProgramExecutor executor,
      CompletableFuture<Integer> exit,
      Deadline deadline) {
    try {
      return exit.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw notStarted(command, rootReason(e)).cause(e).build();
    } catch (TimeoutException e) {
      boolean gone = executor.end();
      throw ended(ErrorCode.DEADLINE_EXCEEDED, command, gone)
          .reason("it did not end by itself before the deadline")
          .build();
    } catch (InterruptedException e) {
      boolean gone = executor.end();
      Thread.currentThread().interrupt();
      throw ended(ErrorCode.CANCELLED, command, gone)
          .reason("the calling thread was interrupted")
          .cause(e)
          .build();
    }
  }

  private static VmStoreException.Builder ended(ErrorCode code, Command command, boolean gone) {
    return VmStoreException.builder(
            code, q(command) + (gone ? " was ended" : " cannot be ended, even by SIGKILL"))
        .correction(
            gone
                ? "read the state back before trying again"
                : "it hangs inside the kernel: look at 'ps -o pid,stat,wchan,args' and at dmesg")
        .detail("ended", Boolean.toString(gone))
        .outcomeUnknown(true);
  }

  private static VmStoreException.Builder notStarted(Command command, String reason) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, "cannot start " + q(command))
        .reason(reason);
  }

  private static String rootReason(Throwable thrown) {
    Throwable root = thrown;
    for (Throwable next = thrown; next != null; next = next.getCause()) {
      root = next;
    }
    return String.valueOf(root.getMessage());
  }

  private static String q(Command command) {
    return "'" + command + "'";
  }
}
