package io.vmstore.examples.agent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Lines of bytes, of which none can fill the memory. Not thread-safe. */
final class Lines {
  /** A connection with 64 paths and all that a manager adds is a hundredth of this. */
  static final int LONGEST = 1 << 20;

  private final InputStream input;

  Lines(InputStream input) {
    this.input = input;
  }

  /**
   * A line.
   *
   * @param bytes what it has, or its beginning
   * @param whole whether that is all of it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Line(byte[] bytes, boolean whole) {
    boolean blank() {
      return whole && new String(bytes, StandardCharsets.ISO_8859_1).isBlank();
    }
  }

  /** {@return the next line; empty at the end of the input} */
  Optional<Line> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean whole = true;
    int next = input.read();
    if (next < 0) {
      return Optional.empty();
    }
    while (next >= 0 && next != '\n') {
      whole = line.size() < LONGEST;
      if (whole) {
        line.write(next);
      }
      next = input.read();
    }
    return Optional.of(new Line(line.toByteArray(), whole));
  }
}
