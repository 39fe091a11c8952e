package io.vmstore.exec.testing;

import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Plays programs from a script. It is strict: a command that is not the next one expected fails the
 * test, and so does, in {@link #assertAllRan}, one that was expected and never came.
 *
 * <p>Thread safety: thread-safe; an answer is made while the lock is held.
 */
public final class ScriptedCommandRunner implements CommandRunner {
  private record Step(Command command, Supplier<CommandResult> answer) {}

  private final Queue<Step> steps = new ArrayDeque<>();
  private final List<Command> ran = new ArrayList<>();

  /** Expects a command next, and answers it with exit code 0 and the output. */
  public ScriptedCommandRunner expect(String output, String... command) {
    return expect(0, output, "", command);
  }

  /** Expects a command next, and answers it with the given exit code and texts. */
  public ScriptedCommandRunner expect(
      int exitCode, String output, String errors, String... command) {
    Command expected = Command.of(command);
    return expect(
        expected, () -> new CommandResult(expected, exitCode, output, errors, Duration.ZERO));
  }

  /** Expects a command next, and answers it with what the supplier returns or throws. */
  public synchronized ScriptedCommandRunner expect(
      Command command, Supplier<CommandResult> answer) {
    steps.add(new Step(command, answer));
    return this;
  }

  @Override
  public synchronized CommandResult run(Command command, Deadline deadline) {
    ran.add(command);
    Step next = steps.poll();
    if (next == null || !next.command().equals(command)) {
      throw new AssertionError(
          "ran '"
              + command
              + "', expected "
              + (next == null ? "nothing more" : "'" + next.command() + "'"));
    }
    return next.answer().get();
  }

  /** {@return the commands that were run, in order} */
  public synchronized List<Command> ran() {
    return List.copyOf(ran);
  }

  /** Fails unless every expected command was run. */
  public synchronized void assertAllRan() {
    if (!steps.isEmpty()) {
      throw new AssertionError(
          "expected and not run: " + steps.stream().map(Step::command).toList());
    }
  }
}
