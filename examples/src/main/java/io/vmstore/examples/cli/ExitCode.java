package io.vmstore.examples.cli;

import io.vmstore.error.ErrorCode;

/** What the process says to the shell; scripts rely on the numbers. */
public final class ExitCode {
  /** All is done. */
  public static final int SUCCESS = 0;

  /** The call itself is wrong. */
  public static final int USAGE = 2;

  /** Nodes and records still differ. */
  static final int UNSETTLED = 1;

  private ExitCode() {}

  /** {@return the exit code of a failure} */
  public static int of(ErrorCode code) {
    return switch (code) {
      case INVALID_ARGUMENT -> 10;
      case NOT_FOUND -> 11;
      case ALREADY_EXISTS -> 12;
      case FAILED_PRECONDITION -> 13;
      case BUSY -> 14;
      case RESOURCE_EXHAUSTED -> 15;
      case PERMISSION_DENIED -> 16;
      case UNAVAILABLE -> 17;
      case DEADLINE_EXCEEDED -> 18;
      case CANCELLED -> 19;
      case UNIMPLEMENTED -> 20;
      case INTERNAL -> 21;
    };
  }
}
