package io.vmstore.examples.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmstore.core.VmStore;
import io.vmstore.model.Deadline;
import java.util.concurrent.CompletableFuture;

/**
 * One command: what it asks the nodes for, and how its result looks.
 *
 * @param <T> the result
 */
interface NodeCommand<T> {
  /** {@return what it does, for whoever waits, such as {@code mapping tank/vm-17}} */
  String doing();

  /**
   * Checks what the parser cannot.
   *
   * @throws picocli.CommandLine.ParameterException when arguments do not go together
   */
  default void check() {}

  /** {@return what a person has to know before it begins, in lines, or the empty string} */
  default String warning() {
    return "";
  }

  /** Asks; the answer comes by the deadline. */
  CompletableFuture<T> ask(VmStore store, Deadline deadline);

  /** {@return the result for programs} */
  JsonNode json(T result);

  /** {@return the result for people, with the end of its last line, or the empty string} */
  String text(T result);

  /** {@return how the process ends after this result} */
  default int exitCode(T result) {
    return ExitCode.SUCCESS;
  }
}
