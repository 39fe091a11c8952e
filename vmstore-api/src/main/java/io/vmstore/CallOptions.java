package io.vmstore;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.OperationId;
import io.vmstore.model.ZvolVersion;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What goes with every call: how long the caller waits, and under which name the call is known.
 *
 * @param timeout the time within which the returned future completes, whatever happens; more than
 *     zero, and never more than a year on the way
 * @param operation the name of this request. Sending it again, after a time-out say, with the same
 *     name asks for the first one's answer and not for a second effect.
 * @param expected what the NAS must have on record of the volume when the call's turn comes, or
 *     else it fails with FAILED_PRECONDITION and the detail {@value #CHANGED}, and nothing was
 *     done; null when it does not matter. What the same operation has put on record itself is as
 *     good. It is for the calls that do something with one volume, and ignored by all others.
 */
public record CallOptions(Duration timeout, OperationId operation, @Nullable ZvolVersion expected) {
  /** The detail of a refusal that says what the volume was instead. */
  public static final String CHANGED = "version";

  /** Options for a call that does not depend on what the volume was. */
  public CallOptions(Duration timeout, OperationId operation) {
    this(timeout, operation, null);
  }

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
    return new CallOptions(timeout, sameOperation, expected);
  }

  /**
   * {@return the same options for a call that is refused unless the volume still is what it was
   * when it was listed} So a decision is not carried out on another one's volume of that name, nor
   * on what it has become meanwhile.
   */
  public CallOptions ifStill(ZvolVersion version) {
    return new CallOptions(timeout, operation, version);
  }
}
