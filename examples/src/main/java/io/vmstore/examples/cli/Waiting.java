package io.vmstore.examples.cli;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for an answer, telling whoever watches how long it has taken so far. */
final class Waiting {
  /** A transport answers by the deadline; this much later it is taken for broken. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final Terminal terminal;
  private final Duration tick;

  Waiting(Terminal terminal, Duration tick) {
    this.terminal = terminal;
    this.tick = tick;
  }

  <T> T forAnswer(String doing, CompletableFuture<T> answer, Duration timeout) {
    Deadline end = Deadline.after(timeout.plus(GRACE));
    long start = System.nanoTime();
    boolean shown = false;
    try {
      while (!end.passed()) {
        try {
          return answer.get(tick.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          shown |= show(doing, Duration.ofNanos(System.nanoTime() - start), timeout);
        }
      }
      throw failure(ErrorCode.DEADLINE_EXCEEDED, doing, "no answer came in time");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof VmStoreException known ? known : unexpected(doing, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(ErrorCode.CANCELLED, doing, "the command was interrupted");
    } finally {
      if (shown) {
        terminal.err().print(CLEAR_LINE);
      }
    }
  }

  private boolean show(String doing, Duration passed, Duration timeout) {
    if (terminal.showsProgress()) {
      terminal
          .err()
          .print(
              CLEAR_LINE
                  + doing
                  + ": "
                  + passed.toSeconds()
                  + " s of "
                  + timeout.toSeconds()
                  + " s");
      terminal.err().flush();
    }
    return terminal.showsProgress();
  }

  private static VmStoreException failure(ErrorCode code, String doing, String reason) {
    return VmStoreException.builder(code, "gave up " + doing)
        .reason(reason)
        .correction("see where the volume stands with 'vmstore ls', then repeat the command")
        .outcomeUnknown(true)
        .build();
  }

  private static VmStoreException unexpected(String doing, ExecutionException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return VmStoreException.builder(ErrorCode.INTERNAL, "failed unexpectedly " + doing)
        .reason(cause.toString())
        .correction("report this as a defect of vmstore")
        .outcomeUnknown(true)
        .cause(cause)
        .build();
  }
}
