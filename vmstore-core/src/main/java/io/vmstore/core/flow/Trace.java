package io.vmstore.core.flow;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.OperationId;
import io.vmstore.spi.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a request's time goes: a line for each of its steps and one for all of it, by its operation
 * id, when the logger {@value #LOGGER} is at DEBUG. Costs nothing otherwise.
 */
public final class Trace {
  /** For an operator to switch on; docs/operations.md. */
  public static final String LOGGER = "io.vmstore.trace";

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);

  private Trace() {}

  /** {@return the work's future, or a failed one when it throws} */
  public static <T> CompletableFuture<T> of(
      Scheduler scheduler,
      OperationId operation,
      String step,
      Supplier<CompletableFuture<T>> work) {
    if (!LOG.isDebugEnabled()) {
      return Answers.of(work);
    }
    long start = scheduler.nanoTime();
    return Answers.of(work)
        .whenComplete(
            (value, failure) ->
                LOG.debug(
                    "{} {}: {} us, {}",
                    operation,
                    step,
                    (scheduler.nanoTime() - start) / 1_000,
                    failure == null ? "done" : outcome(Failures.of(failure))));
  }

  private static String outcome(VmStoreException failure) {
    return failure.code() + (failure.outcomeUnknown() ? ", outcome unknown" : "");
  }
}
