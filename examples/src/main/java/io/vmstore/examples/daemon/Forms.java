package io.vmstore.examples.daemon;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** How values are written in a configuration file. */
public final class Forms {
  private Forms() {}

  /** A text that is not empty. */
  public static String text(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("it is empty");
    }
    return text;
  }

  /** An absolute path. */
  public static Path absolutePath(String text) {
    Path path = Path.of(text(text));
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("the path is not absolute");
    }
    return path;
  }

  /** {@code true} or {@code false}. */
  public static boolean flag(String text) {
    return oneOf("true", "false").apply(text).equals("true");
  }

  /** A whole number. */
  public static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("it is not a whole number", e);
    }
  }

  /** Whole seconds, at least one. */
  public static Duration seconds(String text) {
    int seconds = number(text);
    if (seconds < 1) {
      throw new IllegalArgumentException("it is less than one second");
    }
    return Duration.ofSeconds(seconds);
  }

  /** One of some words. */
  public static Function<String, String> oneOf(String... choices) {
    return text -> {
      if (!List.of(choices).contains(text)) {
        throw new IllegalArgumentException("it is none of " + String.join(", ", choices));
      }
      return text;
    };
  }

  /** Texts separated by commas, at least one. */
  public static <T> Function<String, List<T>> listOf(Function<String, T> form) {
    return text -> Stream.of(text.split(",", -1)).map(String::strip).map(form).toList();
  }
}
