package io.vmstore.managed;

import io.vmstore.model.Iqn;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The name of any target: {@code iqn.}, {@code eui.} or {@code naa.} (RFC 7143, 4.2.7). Wider than
 * {@link Iqn}, which is what vmstore gives to its own.
 *
 * @param value at most 223 letters, digits and {@code . - : _ + @ = ,}, which is what arrays in the
 *     field use. No slash: open-iscsi makes a directory of the name.
 */
public record TargetName(String value) {
  private static final int LONGEST = 223;
  private static final Pattern FORM = Pattern.compile("(iqn|eui|naa)\\.[A-Za-z0-9.:_+@=,-]+");

  /**
   * Checks the form; upper case is folded as RFC 3722 has it.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside it
   */
  public TargetName {
    if (value.length() > LONGEST || !FORM.matcher(value).matches()) {
      throw Documents.invalid(
          "target_iqn", value, "a target's name begins with iqn., eui. or naa. and has no blank");
    }
    value = value.toLowerCase(Locale.ROOT);
  }

  /** {@return the name of a target of vmstore's own} */
  public static TargetName of(Iqn target) {
    return new TargetName(target.value());
  }

  /** {@return the name itself} */
  @Override
  public String toString() {
    return value;
  }
}
