package io.vmstore.model;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;

/** The one way a value of this package refuses its text. */
final class Checks {
  /** More of a hostile value than this is not repeated into logs. */
  private static final int QUOTED_CHARACTERS = 80;

  private Checks() {}

  static VmStoreException invalid(String kind, Object value, String reason, String correction) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT,
            kind
                + " '"
                + Printable.ascii(String.valueOf(value), QUOTED_CHARACTERS)
                + "' is not valid")
        .reason(reason)
        .correction(correction)
        .build();
  }
}
