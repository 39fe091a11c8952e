package io.vmstore.exec;

import java.time.Duration;

/**
 * What a program said before it ended by itself.
 *
 * @param command what was run
 * @param exitCode its exit code; 128 plus the signal's number when a signal ended it
 * @param output its standard output as UTF-8, cut at the runner's limit
 * @param errors its standard error as UTF-8, cut at the runner's limit
 * @param took how long it ran
 */
public record CommandResult(
    Command command, int exitCode, String output, String errors, Duration took) {
  /** {@return whether the exit code is 0} */
  public boolean succeeded() {
    return exitCode == 0;
  }
}
