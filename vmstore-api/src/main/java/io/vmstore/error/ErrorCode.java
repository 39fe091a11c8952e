package io.vmstore.error;

/**
 * Why a call failed, as far as a program needs to know. Act on the code, never on the text. The set
 * is closed: it crosses the wire by name and is the basis of the command line's exit codes.
 */
public enum ErrorCode {
  /**
   * The request itself is wrong whatever the state of the system: a name outside its grammar, a
   * size of zero.
   */
  INVALID_ARGUMENT(false),
  /** The named zvol, target or device does not exist. */
  NOT_FOUND(false),
  /** Something of that name exists and is not what was asked for. */
  ALREADY_EXISTS(false),
  /**
   * The state of the volume forbids the call: mapped elsewhere, still mapped, device open. Change
   * the state first.
   */
  FAILED_PRECONDITION(false),
  /**
   * Another operation holds the volume, or a queue is full. The same call succeeds once that has
   * passed.
   */
  BUSY(true),
  /** The pool is full, or a limit of the system is reached. */
  RESOURCE_EXHAUSTED(false),
  /** The caller, or the user the process runs as, may not do this. */
  PERMISSION_DENIED(false),
  /** The node, broker or kernel service needed cannot be reached now. */
  UNAVAILABLE(true),
  /**
   * The deadline passed first. Whether the effect happened is said by {@link
   * VmStoreException#outcomeUnknown()}.
   */
  DEADLINE_EXCEEDED(true),
  /**
   * The call was abandoned: its thread was interrupted, its transport closed, or a forced unmap
   * took its volume over.
   */
  CANCELLED(true),
  /** The peer or the adapter does not know this call. */
  UNIMPLEMENTED(false),
  /** A defect, or an answer from the system that vmstore does not understand. */
  INTERNAL(false);

  private final boolean retryable;

  ErrorCode(boolean retryable) {
    this.retryable = retryable;
  }

  /**
   * {@return whether the same call, sent again later, can succeed without anybody changing
   * anything}
   */
  public boolean retryable() {
    return retryable;
  }
}
