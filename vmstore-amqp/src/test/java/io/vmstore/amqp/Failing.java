package io.vmstore.amqp;

import static org.assertj.core.api.Assertions.catchThrowable;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Takes failures out of futures. */
final class Failing {
  private Failing() {}

  /** Waits longer than any request of these tests may take. */
  static VmStoreException failure(CompletableFuture<?> future) {
    Throwable thrown = catchThrowable(() -> future.get(30, TimeUnit.SECONDS));
    if (thrown.getCause() instanceof VmStoreException failure) {
      return failure;
    }
    throw new AssertionError("not a failure of vmstore", thrown);
  }

  static ErrorCode code(Throwable thrown) {
    if (thrown instanceof VmStoreException failure) {
      return failure.code();
    }
    throw new AssertionError("not a failure of vmstore", thrown);
  }
}
