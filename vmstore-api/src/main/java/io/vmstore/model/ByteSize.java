package io.vmstore.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A positive number of bytes. Units are binary: {@code 1K} is 1024 bytes.
 *
 * @param bytes at least 1
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "([0-9]{1,19})([KMGTP]?)(?:I?B)?",
          Pattern.CASE_INSENSITIVE); // of ASCII only: a dotless i is none
  private static final String UNITS = "KMGTP";
  private static final int BITS_PER_UNIT = 10;

  /**
   * Checks the size.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is not positive
   */
  public ByteSize {
    if (bytes < 1) {
      throw Checks.invalid(
          "size", bytes, "a size is at least 1 byte", "give a positive size such as 10G");
    }
  }

  /** {@return so many times 1024 x 1024 bytes} */
  public static ByteSize mebibytes(long count) {
    return parse(count + "M");
  }

  /** {@return so many times 1024 x 1024 x 1024 bytes} */
  public static ByteSize gibibytes(long count) {
    return parse(count + "G");
  }

  /**
   * Reads a whole number and an optional binary unit: {@code 4096}, {@code 64M}, {@code 10GiB}, in
   * either case.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is not of that form, zero,
   *     or more than 2^63-1 bytes
   */
  public static ByteSize parse(String text) {
    Matcher matcher = GRAMMAR.matcher(text);
    if (!matcher.matches()) {
      throw Checks.invalid(
          "size",
          text,
          "a size is a whole number with an optional unit K, M, G, T or P",
          "write it like 64M or 10G");
    }
    try {
      long count = Long.parseLong(matcher.group(1));
      String unit = matcher.group(2).toUpperCase(Locale.ROOT);
      int shift = unit.isEmpty() ? 0 : (UNITS.indexOf(unit) + 1) * BITS_PER_UNIT;
      return new ByteSize(Math.multiplyExact(count, 1L << shift));
    } catch (ArithmeticException | NumberFormatException e) {
      throw Checks.invalid("size", text, "it is more than 2^63-1 bytes", "give a smaller size");
    }
  }

  /**
   * {@return this size, or the next larger one that is a multiple of the unit}
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when that is more than 2^63-1 bytes
   */
  public ByteSize roundedUpTo(ByteSize unit) {
    long remainder = bytes % unit.bytes;
    if (remainder == 0) {
      return this;
    }
    long missing = unit.bytes - remainder;
    if (bytes > Long.MAX_VALUE - missing) {
      throw Checks.invalid(
          "size",
          Long.toString(bytes),
          "rounded up to a multiple of " + unit + " it is more than 2^63-1 bytes",
          "give a smaller size");
    }
    return new ByteSize(bytes + missing);
  }

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /**
   * {@return the number with the largest binary unit that divides it, such as {@code 64M}; parses
   * back to this value}
   */
  @Override
  public String toString() {
    long count = bytes;
    int unit = 0;
    while (unit < UNITS.length() && (count & ((1L << BITS_PER_UNIT) - 1)) == 0) {
      count >>= BITS_PER_UNIT;
      unit++;
    }
    return unit == 0 ? Long.toString(count) : count + UNITS.substring(unit - 1, unit);
  }
}
