package io.vmstore.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Damages valid input. Besides single bytes it changes whole values, of JSON as well as of lines
 * and columns, because a parser's checks are behind its grammar. Bytes are handled as ISO 8859-1.
 */
final class Mutator {
  private static final int MOST_STEPS = 4;
  private static final int MOST_REPETITIONS = 3_000;
  private static final int LONGEST = 80 * 1024;

  /** A JSON value or a field's name, or what stands between the separators of a line. */
  private static final Pattern VALUE =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"|[^\\s\"{}\\[\\],:=']++");

  private static final List<String> NASTY =
      List.of(
          "",
          " ",
          "null",
          "true",
          "{}",
          "[]",
          "\"\"",
          "0",
          "-1",
          "-0",
          "+5",
          "1.5",
          "1e3",
          "1e400",
          "-1e400",
          "0x10",
          "007",
          "NaN",
          "-Infinity",
          "9007199254740993",
          "9223372036854775295",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "18446744073709551616",
          "1".repeat(2000),
          "x".repeat(5000),
          "\"" + "x".repeat(5000) + "\"",
          "[".repeat(500),
          "{\"a\":".repeat(500),
          "\"-o\"",
          "-o",
          "--",
          "../x",
          "\"../../etc/passwd\"",
          "a/b/c",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"\\u0000\"",
          "\"\\u001b[2J\\r\\n\"",
          "\0",
          "\n",
          "\r",
          "\t",
          "\u001b]0;x\u0007",
          "\"",
          "'",
          "\\",
          "{",
          "}",
          "]",
          ",",
          ":",
          "=",
          "#",
          "@",
          "%s%n",
          "$(reboot)",
          "${jndi:ldap://x}",
          "\u00c0\u0080", // NUL, longer than need be
          "\u00ed\u00a0\u0080", // half a pair
          "\u00f4\u0090\u0080\u0080", // beyond Unicode
          "\u00ff",
          "\u00ef\u00bb\u00bf", // a byte order mark
          bytes("\u212a"),
          bytes("\u0131"),
          bytes("\u0430"),
          bytes("\uff11"),
          bytes("\u0663"),
          bytes("\u202e"));

  private final Random random;
  private final List<byte[]> corpus;

  Mutator(Random random, List<byte[]> corpus) {
    this.random = random;
    this.corpus = corpus;
  }

  byte[] next() {
    String text = sample();
    for (int step = random.nextInt(MOST_STEPS); step >= 0; step--) {
      text = damaged(text);
    }
    return text.substring(0, Math.min(text.length(), LONGEST)).getBytes(ISO_8859_1);
  }

  private String damaged(String text) {
    return switch (random.nextInt(10)) {
      case 0 -> replaced(text, range(text), String.valueOf((char) random.nextInt(256)));
      case 1 -> replaced(text, range(text), "");
      case 2 -> inserted(text, nasty());
      case 3, 4, 5 -> replaced(text, value(text), nasty());
      case 6 -> replaced(text, value(text), text(text, value(text)));
      case 7 -> inserted(text, text(text, range(text)).repeat(1 + random.nextInt(3)));
      case 8 -> head(text) + tail(sample());
      default -> replaced(text, value(text), repeated(text(text, value(text))));
    };
  }

  private String repeated(String piece) {
    return piece.repeat(Math.min(random.nextInt(MOST_REPETITIONS), LONGEST / (piece.length() + 1)));
  }

  private String sample() {
    return new String(corpus.get(random.nextInt(corpus.size())), ISO_8859_1);
  }

  private String nasty() {
    return NASTY.get(random.nextInt(NASTY.size()));
  }

  private String head(String text) {
    return text.substring(0, random.nextInt(text.length() + 1));
  }

  private String tail(String text) {
    return text.substring(random.nextInt(text.length() + 1));
  }

  private String inserted(String text, String piece) {
    int at = random.nextInt(text.length() + 1);
    return text.substring(0, at) + piece + text.substring(at);
  }

  private int[] range(String text) {
    int from = random.nextInt(text.length() + 1);
    return new int[] {from, Math.min(text.length(), from + 1 + random.nextInt(8))};
  }

  private int[] value(String text) {
    List<int[]> values = new ArrayList<>();
    VALUE
        .matcher(text)
        .results()
        .limit(10_000)
        .map((MatchResult match) -> new int[] {match.start(), match.end()})
        .forEach(values::add);
    return values.isEmpty() ? range(text) : values.get(random.nextInt(values.size()));
  }

  private static String text(String text, int[] range) {
    return text.substring(range[0], range[1]);
  }

  private static String replaced(String text, int[] range, String by) {
    return text.substring(0, range[0]) + by + text.substring(range[1]);
  }

  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }
}
