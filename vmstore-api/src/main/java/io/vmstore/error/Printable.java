package io.vmstore.error;

import java.util.function.IntPredicate;

/**
 * Text of somebody else's, made fit for a log, a terminal or an error: it stays in its line, moves
 * no cursor, turns no direction of writing, and is not endless.
 *
 * <p>Thread safety: stateless.
 */
public final class Printable {
  private static final int ASCII_FIRST = ' ';
  private static final int ASCII_LAST = '~';

  private Printable() {}

  /**
   * {@return the text, in which everything that is not a sign, a letter or a blank is shown by its
   * number, such as {@code \u001b}} What was made printable once is not changed again.
   *
   * @param most where the shown text ends; how many characters there were is said after it
   */
  public static String of(String text, int most) {
    return shown(text, most, Printable::isVisible);
  }

  /** As {@link #of}, with everything outside ASCII by its number, so that look-alikes are seen. */
  public static String ascii(String text, int most) {
    return shown(text, most, Printable::isAscii);
  }

  private static String shown(String text, int most, IntPredicate plain) {
    if (text.length() <= most && allPlain(text, plain)) {
      return text;
    }
    StringBuilder shown = new StringBuilder();
    int next = 0;
    while (next < text.length() && shown.length() < most) {
      int point = text.codePointAt(next);
      int length = Character.charCount(point);
      if (plain.test(point)) {
        shown.appendCodePoint(point);
      } else {
        text.substring(next, next + length).chars().forEach(c -> appendNumber(shown, c));
      }
      next += length;
    }
    if (next < text.length()) {
      shown.append("... (").append(text.length()).append(" characters)");
    }
    return shown.toString();
  }

  private static boolean allPlain(String text, IntPredicate plain) {
    int point;
    for (int next = 0; next < text.length(); next += Character.charCount(point)) {
      point = text.codePointAt(next);
      if (!plain.test(point)) {
        return false;
      }
    }
    return true;
  }

  private static void appendNumber(StringBuilder shown, int character) {
    String digits = Integer.toHexString(character);
    shown.append("\\u").append("0".repeat(4 - digits.length())).append(digits);
  }

  private static boolean isAscii(int point) {
    return point >= ASCII_FIRST && point <= ASCII_LAST;
  }

  /** A lone half of a pair is of type SURROGATE; the marks of direction are of type FORMAT. */
  private static boolean isVisible(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
