package io.vmstore.managed;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a manager's documents, and what of them is only carried along. All that is
 * carried must come back from a database as it went there, whoever made it.
 */
final class Documents {
  /** Deep enough for every document seen, and no danger to a stack. */
  static final int DEEPEST = 8;

  private static final int LONGEST_NUMBER = 500;

  private Documents() {}

  static VmStoreException invalid(String field, Object value, String reason) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "field '" + field + "' is not valid: '" + value + "'")
        .reason(reason)
        .correction("see docs/managed-volumes.md for the fields and their values")
        .build();
  }

  static Map<String, @Nullable Object> copy(Map<String, @Nullable Object> fields) {
    return copy(fields, 1);
  }

  private static Map<String, @Nullable Object> copy(Map<?, ?> fields, int depth) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
    for (Map.Entry<?, ?> field : fields.entrySet()) {
      String name = text("(a name)", String.valueOf(field.getKey()));
      copy.put(name, value(name, field.getValue(), depth));
    }
    return Collections.unmodifiableMap(copy); // Map.copyOf does not take nulls
  }

  private static List<@Nullable Object> copy(String name, List<?> elements, int depth) {
    List<@Nullable Object> copy = new ArrayList<>();
    elements.forEach(element -> copy.add(value(name, element, depth)));
    return Collections.unmodifiableList(copy);
  }

  private static @Nullable Object value(String name, @Nullable Object value, int depth) {
    if (value == null || value instanceof Boolean) {
      return value;
    }
    if (value instanceof String text) {
      return text(name, text);
    }
    if (value instanceof Number number) {
      return number(name, number);
    }
    if (depth == DEEPEST) {
      throw invalid(name, "(not shown)", "it is nested more than " + DEEPEST + " deep");
    }
    if (value instanceof Map<?, ?> map) {
      return copy(map, depth + 1);
    }
    if (value instanceof List<?> list) {
      return copy(name, list, depth + 1);
    }
    throw invalid(name, "(not shown)", "a " + value.getClass().getName() + " is no value of JSON");
  }

  /** Half a surrogate pair is no text, and nobody reads it again. */
  private static String text(String name, String text) {
    if (text.codePoints().anyMatch(point -> Character.getType(point) == Character.SURROGATE)) {
      throw invalid(name, "(not shown)", "it has half a surrogate pair");
    }
    return text;
  }

  /** One form for each number, so that equal documents are equal. */
  private static Number number(String name, Number number) {
    String text = number.toString();
    if (text.length() > LONGEST_NUMBER) {
      throw invalid(name, "(not shown)", "it has more than " + LONGEST_NUMBER + " characters");
    }
    try {
      boolean decimal =
          number instanceof BigDecimal || number instanceof Double || number instanceof Float;
      return decimal ? new BigDecimal(text) : whole(new BigInteger(text));
    } catch (NumberFormatException e) {
      throw invalid(name, text, "it is no number of JSON");
    }
  }

  private static Number whole(BigInteger number) {
    return number.bitLength() < Long.SIZE ? (Number) number.longValue() : number;
  }
}
