package io.vmstore.model;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;

/** The one way a value of this package refuses its text. */
final class Checks {
  /** More of a hostile value than this is not repeated into logs. */
  private static final int QUOTED_CHARACTERS = 80;

  private Checks() {}

  /**
   * {@return whether a text is 1 to so many letters and digits of ASCII, or of the given marks} For
   * the names in every message: a regular expression was a seventh of what a request costs.
   */
  static boolean consistsOfLettersDigitsAnd(String marks, String text, int most) {
    if (text.isEmpty() || text.length() > most) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (!isLetterOrDigit(character) && marks.indexOf(character) < 0) {
        return false;
      }
    }
    return true;
  }

  static boolean isLetterOrDigit(char character) {
    return (character >= 'a' && character <= 'z')
        || (character >= 'A' && character <= 'Z')
        || (character >= '0' && character <= '9');
  }

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
