package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Deadline;
import io.vmstore.model.Portal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The commands of iscsiadm(8) that vmstore uses, judged by their exit codes alone. Several may run
 * at once: iscsiadm serialises what touches its database by a lock of its own.
 */
final class Iscsiadm {
  private static final int MOST_TRIES = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

  /** It waits half a minute for its lock, and a login lasts as long as its time-out. */
  private static final Duration LONGEST_RUN = Duration.ofMinutes(3);

  private final CommandRunner runner;
  private final Runnable before;

  /**
   * Makes one.
   *
   * @param before is done before each run
   */
  Iscsiadm(CommandRunner runner, Runnable before) {
    this.runner = runner;
    this.before = before;
  }

  /** Makes the node record, or makes it anew with the defaults of iscsid.conf. */
  void createRecord(TargetName target, Portal portal, Attempt attempt) {
    requireSuccess(run(attempt, arguments(target, portal, "-o", "new")), attempt);
  }

  /** Logs in and returns once the session is up or has failed. */
  CommandResult login(TargetName target, Portal portal, Attempt attempt) {
    return run(attempt, arguments(target, portal, "--login"));
  }

  /** Ends all sessions of the target; none is success. */
  void logout(TargetName target, Attempt attempt) {
    requireEnd(run(attempt, arguments(target, "--logout")), attempt);
  }

  /** Ends the session over one portal; none is success. */
  void logout(TargetName target, Portal portal, Attempt attempt) {
    requireEnd(run(attempt, arguments(target, portal, "--logout")), attempt);
  }

  /** Removes all node records of the target; none is success. */
  void forget(TargetName target, Attempt attempt) {
    requireEnd(run(attempt, arguments(target, "-o", "delete")), attempt);
  }

  /** Removes the node record of one portal; none is success. */
  void forget(TargetName target, Portal portal, Attempt attempt) {
    requireEnd(run(attempt, arguments(target, portal, "-o", "delete")), attempt);
  }

  private static void requireEnd(CommandResult result, Attempt attempt) {
    if (!ExitCode.NO_OBJECTS.is(result)) {
      requireSuccess(result, attempt);
    }
  }

  private CommandResult run(Attempt attempt, List<String> arguments) {
    Command command = new Command(arguments);
    Duration pause = FIRST_PAUSE;
    for (int tries = 1; ; tries++) {
      CommandResult result = runOnce(command, attempt);
      if (!ExitCode.passes(result) || tries == MOST_TRIES || attempt.deadline().passed()) {
        return result;
      }
      attempt.pause(pause);
      pause = pause.multipliedBy(2);
    }
  }

  /**
   * Runs it on a thread of its own, and leaves it to itself when time is over: one that is killed
   * leaves its lock behind, see {@link RecordsLock}.
   */
  private CommandResult runOnce(Command command, Attempt attempt) {
    attempt.requireTime();
    if (Thread.currentThread().isInterrupted()) {
      throw attempt.cancelled();
    }
    before.run();
    CompletableFuture<CommandResult> result =
        Aside.call("iscsiadm", () -> runner.run(command, Deadline.after(LONGEST_RUN)));
    try {
      return result.get(attempt.deadline().remaining().toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof VmStoreException known
          ? attempt.failure(known)
          : new IllegalStateException("cannot run '" + command + "'", e.getCause());
    } catch (TimeoutException e) {
      throw attempt
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason("'" + command + "' has not ended; it goes on, because killing it harms others")
          .correction("see 'ps' and 'ls /run/lock/iscsi', then repeat the call with more time")
          .outcomeUnknown(true)
          .build();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw attempt.afterChange().cancelled();
    }
  }

  private static void requireSuccess(CommandResult result, Attempt attempt) {
    if (!result.succeeded()) {
      throw failure(result, attempt);
    }
  }

  /** Tells what an exit code means. */
  static VmStoreException failure(CommandResult result, Attempt attempt) {
    return ExitCode.of(result)
        .map(
            code ->
                attempt
                    .failure(code.code())
                    .reason(code.reason())
                    .correction(code.correction())
                    .outcomeUnknown(attempt.changed() || code.leavesUnknown()))
        .orElseGet(
            () ->
                attempt
                    .failure(ErrorCode.INTERNAL)
                    .reason("iscsiadm ended with code " + result.exitCode())
                    .correction("look the code up in iscsiadm(8), EXIT STATUS"))
        .detail("command", result.command().toString())
        .detail("exit-code", Integer.toString(result.exitCode()))
        .detail("errors", result.errors().strip())
        .build();
  }

  private static List<String> arguments(TargetName target, Portal portal, String... action) {
    List<String> arguments = arguments(target, "-p", portal.toString());
    arguments.addAll(List.of(action));
    return arguments;
  }

  private static List<String> arguments(TargetName target, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("iscsiadm", "-m", "node", "-T", target.value()));
    arguments.addAll(List.of(more));
    return arguments;
  }
}
