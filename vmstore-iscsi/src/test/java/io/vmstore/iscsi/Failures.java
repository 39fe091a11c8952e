package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the tests share about failures and time. */
final class Failures {
  private Failures() {}

  static VmStoreException assertFails(ErrorCode code, ThrowingCallable call) {
    VmStoreException failure = catchThrowableOfType(VmStoreException.class, call);
    assertThat(failure).as("a VmStoreException").isNotNull();
    assertThat(failure.code()).as("code of: %s", failure).isEqualTo(code);
    return failure;
  }

  /** Nothing of the call remains, and the failure says so. */
  static VmStoreException assertUndone(SimulatedHost host, ErrorCode code, ThrowingCallable call) {
    VmStoreException failure = assertFails(code, call);
    assertThat(failure.outcomeUnknown()).as("outcomeUnknown of: %s", failure).isFalse();
    assertThat(host.remains()).as("what remains after: %s", failure).isEmpty();
    return failure;
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  static Deadline shortly() {
    return Deadline.after(Duration.ofMillis(200));
  }
}
