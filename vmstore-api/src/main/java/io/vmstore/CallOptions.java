package io.vmstore;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.OperationId;
import java.time.Duration;

/**
 * What goes with every call: how long the caller waits, and under which name the call is known.
 *
 * @param timeout the time within which the returned future completes, whatever happens; more than
 *     zero, and never more than a year on the way
 * @param operation the name of this request. Sending it again, after a time-out say, with the same
 *     name asks for the first one's answer and not for a second effect.
 */
public record CallOptions(Duration timeout, OperationId operation) {
  /**
   * Checks the time-out.
   *
   * @throws VmStoreException INVALID_ARGUMENT when it is not more than zero
   */
  public CallOptions {
    if (timeout.isNegative() || timeout.isZero()) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "time-out '" + timeout + "' is not valid")
          .reason("a call needs time to be answered")
          .correction("give a time-out of at least some seconds")
          .build();
    }
  }

  /** {@return options for a new operation that must be answered within the given time} */
  public static CallOptions within(Duration timeout) {
    return new CallOptions(timeout, OperationId.random());
  }

  /**
   * {@return options for a new operation that must be answered by a deadline} One that has passed
   * leaves a millisecond, so that the call fails as one that comes too late does.
   */
  public static CallOptions by(Deadline deadline) {
    Duration left = deadline.remaining();
    return within(left.isZero() ? Duration.ofMillis(1) : left);
  }

  /** {@return the same options for the given operation} */
  public CallOptions as(OperationId sameOperation) {
    return new CallOptions(timeout, sameOperation);
  }
}
