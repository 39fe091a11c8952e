package io.vmstore.model;

import java.util.regex.Pattern;

/**
 * The name of a ZFS pool, such as {@code tank}.
 *
 * @param value a letter, then letters, digits, {@code _ . -}; at most 64 characters. zpool(8) also
 *     admits {@code :} and a blank; vmstore does not, because the name becomes part of paths and of
 *     messages.
 */
public record PoolName(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,63}");

  /** Beginnings that zpool(8) keeps for its own virtual devices. */
  private static final Pattern RESERVED =
      Pattern.compile("(mirror|raidz|draid|spare|log).*|c[0-9].*");

  /**
   * Checks the name.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar or
   *     reserved by ZFS
   */
  public PoolName {
    if (!GRAMMAR.matcher(value).matches()) {
      throw Checks.invalid(
          "pool name",
          value,
          "a pool name is a letter followed by at most 63 letters, digits, '_', '.' or '-'",
          "give the name as 'zpool list' shows it");
    }
    if (RESERVED.matcher(value).matches()) {
      throw Checks.invalid(
          "pool name", value, "ZFS reserves this name for virtual devices", "choose another name");
    }
  }

  /** {@return the name itself} */
  @Override
  public String toString() {
    return value;
  }
}
