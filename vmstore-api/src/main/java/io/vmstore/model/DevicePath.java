package io.vmstore.model;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The absolute path of a block device (or, with vmstore-local and no root, of a plain file), such
 * as {@code /dev/sda}.
 *
 * @param value an absolute path of printable characters without {@code ..}; at most 4095 characters
 */
public record DevicePath(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("/[\\x21-\\x7e][\\x20-\\x7e]*");
  private static final int LONGEST = 4095;

  /**
   * Checks the path.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is relative or could climb
   *     out of its folder
   */
  public DevicePath {
    if (value.length() > LONGEST
        || !GRAMMAR.matcher(value).matches()
        || value.contains("/../")
        || value.endsWith("/..")) {
      throw Checks.invalid(
          "device path",
          value,
          "a device path is absolute, printable and without '..'",
          "give a path such as /dev/sda");
    }
  }

  /** {@return the device path of a file} */
  public static DevicePath of(Path path) {
    return new DevicePath(path.toString());
  }

  /** {@return this path for {@code java.nio.file}} */
  public Path toPath() {
    return Path.of(value);
  }

  /** {@return the path itself} */
  @Override
  public String toString() {
    return value;
  }
}
