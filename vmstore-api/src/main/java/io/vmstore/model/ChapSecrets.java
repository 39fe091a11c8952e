package io.vmstore.model;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of one mapping, which initiator and target prove to each other that they know when a
 * session is made (CHAP: RFC 1994; RFC 7143, 12.1.3). The name that goes with each is its holder's
 * own iSCSI name.
 *
 * <p>Neither {@link #toString} nor an error repeats a secret; nothing else may either.
 *
 * @param initiator what the initiator proves: 16 to 255 letters and digits. RFC 7143 (9.2.1) wants
 *     96 random bits at least, and 255 is what the kernel's target and open-iscsi keep
 *     (MAX_PASS_LEN in iscsi_target_core.h, AUTH_STR_MAX_LEN in auth.h). Not beginning with {@code
 *     NULL}, by which the kernel understands none.
 * @param target what the target proves, of the same form and never the same value, or its answer
 *     could be got from the initiator itself (RFC 7143, 9.2.1); null when only the initiator does
 */
public record ChapSecrets(String initiator, @Nullable String target) {
  private static final Pattern FORM = Pattern.compile("(?!NULL)[A-Za-z0-9]{16,255}");

  /**
   * Checks the form.
   *
   * @throws VmStoreException INVALID_ARGUMENT when a secret is outside it, or both are the same
   */
  public ChapSecrets {
    if (!FORM.matcher(initiator).matches()
        || (target != null && !FORM.matcher(target).matches())
        || initiator.equals(target)) {
      throw VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the CHAP secrets are not valid")
          .reason(
              "a secret is 16 to 255 letters and digits, does not begin with NULL, and is not used in both directions")
          .correction("unmap the volume and map it again, which makes new ones")
          .build();
    }
  }

  /** {@return what the target proves, if it does} */
  public Optional<String> ofTarget() {
    return Optional.ofNullable(target);
  }

  /** {@return what they are for, and not what they are} */
  @Override
  public String toString() {
    return "ChapSecrets[" + ChapMode.of(this) + "]";
  }
}
