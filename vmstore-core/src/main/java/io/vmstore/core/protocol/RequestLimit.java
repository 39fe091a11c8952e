package io.vmstore.core.protocol;

import io.vmstore.core.flow.Answers;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many requests a node has in work, waiting ones included: so many of one sender that his flood
 * leaves the others served, and so many in all that they find room in its memory.
 *
 * <p>Thread safety: thread-safe.
 */
final class RequestLimit {
  static final int OF_ONE_SENDER = 128;

  /** A transport takes more than these, so that who is refused is told and does not wait. */
  static final int IN_ALL = 512;

  /** Several of the requests in the way have ended by then. */
  private static final long RETRY_AFTER_MILLIS = 500;

  private static final String RETRY_AFTER = "retry-after";

  private static final Logger LOG = LoggerFactory.getLogger(RequestLimit.class);

  private final Map<String, Integer> inWork = new HashMap<>();
  private int all;

  /**
   * {@return the work's answer, or BUSY, and the work is not begun}
   *
   * @param sender whose request it is
   */
  <T> CompletableFuture<T> admit(String sender, Supplier<CompletableFuture<T>> work) {
    synchronized (inWork) {
      int his = inWork.getOrDefault(sender, 0);
      if (his >= OF_ONE_SENDER || all >= IN_ALL) {
        return CompletableFuture.failedFuture(busy(sender, his));
      }
      inWork.put(sender, his + 1);
      all++;
    }
    return Answers.of(work).whenComplete((answer, failure) -> left(sender));
  }

  /** {@return when to ask a node again that had too much in work; empty for every other failure} */
  static Optional<Duration> retryAfter(VmStoreException failure) {
    // From another machine: what is not one to five digits is no time.
    return Optional.ofNullable(failure.details().get(RETRY_AFTER))
        .filter(text -> failure.code() == ErrorCode.BUSY && text.matches("[1-9][0-9]{0,4}"))
        .map(text -> Duration.ofMillis(Integer.parseInt(text)));
  }

  private void left(String sender) {
    synchronized (inWork) {
      inWork.computeIfPresent(sender, (same, his) -> his == 1 ? null : his - 1);
      all--;
    }
  }

  private VmStoreException busy(String sender, int his) {
    // Not a warning for each: that would flood the log in its turn.
    LOG.debug(
        "refused a request of '{}': {} of his and {} in all are in work",
        Printable.ascii(sender, 80),
        his,
        all);
    return VmStoreException.builder(ErrorCode.BUSY, "cannot take the request")
        .reason(
            his >= OF_ONE_SENDER
                ? his + " requests of the same sender are in work, and that is the most"
                : all + " requests are in work, and that is the most")
        .correction("repeat it in " + RETRY_AFTER_MILLIS + " ms, with fewer at once")
        .detail(RETRY_AFTER, Long.toString(RETRY_AFTER_MILLIS))
        .build();
  }
}
