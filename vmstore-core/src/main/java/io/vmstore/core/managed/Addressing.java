package io.vmstore.core.managed;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How an array writes its LUNs, {@code addressing_mode}: which number the kernel has for a unit's.
 */
enum Addressing {
  /** The number is the kernel's. */
  TRANSPARENT("transparent"),
  /** The same. */
  SAM("SAM"),
  /** Peripheral form to 255, the flat space form from 256. */
  SAM2("SAM2"),
  /** The flat space form always. */
  SAM3_FLAT("SAM3-flat");

  private static final int FLAT = 0x4000;

  private final String word;

  Addressing(String word) {
    this.word = word;
  }

  static Addressing of(@Nullable Object value) {
    if (value == null) {
      return TRANSPARENT;
    }
    for (Addressing mode : values()) {
      if (value instanceof String text && mode.word.equals(text)) {
        return mode;
      }
    }
    throw ConnectionInfo.invalid(
        "addressing_mode", "it is '" + value + "', not one of " + Arrays.toString(words()));
  }

  private static String[] words() {
    return Arrays.stream(values()).map(mode -> mode.word).toArray(String[]::new);
  }

  int toKernel(long unit) {
    boolean flat = this == SAM3_FLAT || (this == SAM2 && unit > 255);
    long highest = flat ? FLAT - 1 : 2 * FLAT - 1;
    if (unit > highest) {
      throw ConnectionInfo.invalid("target_lun", unit + " is more than " + highest);
    }
    return (int) (flat ? unit + FLAT : unit);
  }

  int toUnit(int kernel) {
    boolean flat = this == SAM3_FLAT || (this == SAM2 && kernel >= FLAT);
    return flat ? kernel - FLAT : kernel;
  }
}
