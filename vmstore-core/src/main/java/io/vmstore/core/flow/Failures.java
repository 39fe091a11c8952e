package io.vmstore.core.flow;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Gives every failure the one shape that callers know. */
public final class Failures {
  private Failures() {}

  /**
   * {@return the vmstore exception inside a throwable; anything else is a defect and becomes
   * INTERNAL}
   */
  public static VmStoreException of(Throwable throwable) {
    Throwable bare = throwable;
    while ((bare instanceof CompletionException || bare instanceof ExecutionException)
        && bare.getCause() != null) {
      bare = bare.getCause();
    }
    if (bare instanceof VmStoreException known) {
      return known;
    }
    return VmStoreException.builder(
            ErrorCode.INTERNAL, "unexpected " + bare.getClass().getSimpleName())
        .reason(String.valueOf(bare.getMessage()))
        .correction("report this as a defect of vmstore, with the log of this node")
        .outcomeUnknown(true)
        .cause(bare)
        .build();
  }

  /** {@return what a person reads about a failure} */
  public static String text(Throwable throwable) {
    return String.valueOf(of(throwable).getMessage());
  }

  /**
   * {@return that a record on disk cannot be read} Nobody goes on without one: it may be what keeps
   * a disk from a second host.
   *
   * @param record which, in words
   * @param correction what to do when no backup has it
   */
  public static VmStoreException unreadable(
      String record, String correction, VmStoreException cause) {
    return VmStoreException.builder(ErrorCode.INTERNAL, "cannot read " + record)
        .reason(String.valueOf(cause.getMessage()))
        .correction("restore the record from a backup, or " + correction)
        .cause(cause)
        .build();
  }

  /** {@return the same failure, said to be certain or not} */
  public static VmStoreException withOutcome(VmStoreException failure, boolean outcomeUnknown) {
    if (failure.outcomeUnknown() == outcomeUnknown) {
      return failure;
    }
    return again(failure).outcomeUnknown(outcomeUnknown).build();
  }

  /** {@return the same failure with one fact more} */
  public static VmStoreException withDetail(VmStoreException failure, String name, String value) {
    return again(failure).outcomeUnknown(failure.outcomeUnknown()).detail(name, value).build();
  }

  private static VmStoreException.Builder again(VmStoreException failure) {
    return VmStoreException.builder(failure.code(), failure.problem())
        .reason(failure.reason())
        .correction(failure.correction())
        .details(failure.details())
        .cause(failure);
  }
}
