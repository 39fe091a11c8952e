package io.vmstore.exec;

import io.vmstore.model.Deadline;

/**
 * Runs programs. Thread safety: implementations are thread-safe.
 *
 * @see io.vmstore.exec.testing.ScriptedCommandRunner
 */
@FunctionalInterface
public interface CommandRunner {
  /**
   * Runs the command to its end and returns what it said, whatever its exit code. Its environment
   * is {@code LC_ALL=C} and a fixed {@code PATH}, its standard input is empty.
   *
   * <p>At the deadline, or when the calling thread is interrupted, the program and its descendants
   * are ended; what they had done by then stays done, so the caller reads the state back before it
   * decides anything.
   *
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>UNAVAILABLE: the program is not installed or could not be started; nothing was done
   *       <li>DEADLINE_EXCEEDED: it was ended at the deadline; {@code outcomeUnknown()} unless it
   *           had not been started
   *       <li>CANCELLED: the thread was interrupted; {@code outcomeUnknown()}, the interrupt flag
   *           is set again
   *     </ul>
   */
  CommandResult run(Command command, Deadline deadline);
}
