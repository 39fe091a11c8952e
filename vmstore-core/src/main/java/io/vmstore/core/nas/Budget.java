package io.vmstore.core.nas;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;

/** How an operation divides the caller's time. */
final class Budget {
  /**
   * A step that hangs is undone even after its caller was answered; this bounds each such undoing.
   */
  static final Duration UNDO = Duration.ofSeconds(30);

  private static final Duration LARGEST_RESERVE = Duration.ofSeconds(3);
  private static final int SHARE = 5;

  private Budget() {}

  /** {@return what is kept back from the steps, so that undoing them and answering still fit} */
  static Duration reserve(Duration whole) {
    Duration share = whole.dividedBy(SHARE);
    return share.compareTo(LARGEST_RESERVE) < 0 ? share : LARGEST_RESERVE;
  }

  /**
   * {@return the time that is left to ask another node in}
   *
   * @throws VmStoreException DEADLINE_EXCEEDED: none is
   */
  static Duration left(Deadline steps, String attempt) {
    Duration left = steps.remaining();
    if (left.isZero()) {
      throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, attempt + " in time")
          .reason("the steps before took too long")
          .correction("repeat the call with a longer time-out")
          .build();
    }
    return left;
  }
}
