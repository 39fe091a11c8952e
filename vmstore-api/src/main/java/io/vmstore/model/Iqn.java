package io.vmstore.model;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An iSCSI qualified name (RFC 7143, 4.2.7.4): of an initiator, or of a target.
 *
 * @param value {@code iqn.yyyy-mm.reversed.domain[:anything]}, at most 223 characters of {@code a-z
 *     0-9 . - :}. Upper case is folded to lower case, as the RFC's stringprep profile and the
 *     kernel's target do.
 */
public record Iqn(String value) {
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "iqn\\.[0-9]{4}-(0[1-9]|1[0-2])\\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[a-z0-9.:-]+)?",
          Pattern.CASE_INSENSITIVE); // of ASCII only: U+212A folds to 'k' too, and is none
  private static final int LONGEST = 223;

  /**
   * Checks and folds the name.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar
   */
  public Iqn {
    if (value.length() > LONGEST || !GRAMMAR.matcher(value).matches()) {
      throw Checks.invalid(
          "iSCSI name",
          value,
          "an iSCSI name is iqn.yyyy-mm.reversed.domain, optionally followed by ':' and a name, at most 223 characters",
          "look at /etc/iscsi/initiatorname.iscsi on the compute node");
    }
    value = value.toLowerCase(Locale.ROOT);
  }

  /** {@return the name itself} */
  @Override
  public String toString() {
    return value;
  }
}
