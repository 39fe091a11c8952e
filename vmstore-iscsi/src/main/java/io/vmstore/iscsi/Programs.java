package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import java.time.Duration;

/** Runs programs that may be ended at any time, unlike iscsiadm. */
final class Programs {
  private static final Duration LONGEST_RUN = Duration.ofSeconds(30);

  private final CommandRunner runner;

  Programs(CommandRunner runner) {
    this.runner = runner;
  }

  /** Runs one to its end, whatever its exit code. */
  CommandResult run(Attempt attempt, String... words) {
    attempt.requireTime();
    try {
      return runner.run(Command.of(words), attempt.deadline().atMost(LONGEST_RUN));
    } catch (VmStoreException e) {
      throw attempt.failure(e);
    }
  }

  /** Runs one that must succeed. */
  void require(Attempt attempt, String... words) {
    CommandResult result = run(attempt, words);
    if (!result.succeeded()) {
      throw attempt
          .failure(ErrorCode.INTERNAL)
          .reason("'" + result.command() + "' ended with " + result.exitCode() + said(result))
          .correction("run it by hand as root, and read 'dmesg'")
          .detail("command", result.command().toString())
          .build();
    }
  }

  /** What it said, for the end of a sentence. */
  static String said(CommandResult result) {
    String text = (result.errors() + " " + result.output()).strip().replaceAll("\\s+", " ");
    return text.isEmpty() ? "" : ": " + text;
  }
}
