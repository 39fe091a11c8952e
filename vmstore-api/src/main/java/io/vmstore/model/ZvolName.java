package io.vmstore.model;

import java.util.regex.Pattern;

/**
 * The name of a ZFS volume: its pool and its name in that pool, printed as {@code tank/vm-17}. This
 * pair is a volume's identity on a NAS. Names are in the order of their texts.
 *
 * @param pool the pool that holds the zvol
 * @param name a letter or digit, then letters, digits, {@code _ . -}; at most 128 characters.
 *     {@code /}, {@code @}, {@code :}, blanks and a leading {@code -} are refused, so a name is
 *     never a path, a snapshot or an option.
 */
public record ZvolName(PoolName pool, String name) implements Comparable<ZvolName> {
  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

  /**
   * Checks the name.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar
   */
  public ZvolName {
    if (!GRAMMAR.matcher(name).matches()) {
      throw Checks.invalid(
          "zvol name",
          name,
          "a zvol name is a letter or digit followed by at most 127 letters, digits, '_', '.' or '-'",
          "rename the volume");
    }
  }

  /**
   * Reads {@code pool/name}.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is not of that form
   */
  public static ZvolName parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw Checks.invalid(
          "zvol", text, "the pool is missing", "write it as pool/name, such as 'tank/vm-17'");
    }
    return new ZvolName(new PoolName(text.substring(0, slash)), text.substring(slash + 1));
  }

  @Override
  public int compareTo(ZvolName other) {
    return pool.equals(other.pool)
        ? name.compareTo(other.name)
        : toString().compareTo(other.toString()); // '-' and '.' come before '/'
  }

  /** {@return {@code pool/name}} */
  @Override
  public String toString() {
    return pool + "/" + name;
  }
}
