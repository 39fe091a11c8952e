package io.vmstore.model;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;

/** The one way a value of this package refuses its text. */
final class Checks {
  /** More of a hostile value than this is not repeated into logs. */
  private static final int QUOTED_CHARACTERS = 80;

  private Checks() {}

  static VmStoreException invalid(String kind, Object value, String reason, String correction) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, kind + " " + quote(value) + " is not valid")
        .reason(reason)
        .correction(correction)
        .build();
  }

  private static String quote(Object value) {
    StringBuilder quoted = new StringBuilder("'");
    String text = String.valueOf(value);
    for (int i = 0; i < Math.min(text.length(), QUOTED_CHARACTERS); i++) {
      char c = text.charAt(i);
      // Anything but printable ASCII is shown by number: look-alikes and control characters must be
      // visible.
      quoted.append(c >= ' ' && c <= '~' ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    }
    if (text.length() > QUOTED_CHARACTERS) {
      quoted.append("... (").append(text.length()).append(" characters)");
    }
    return quoted.append("'").toString();
  }
}
