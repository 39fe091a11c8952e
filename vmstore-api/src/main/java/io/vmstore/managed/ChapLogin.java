package io.vmstore.managed;

import org.jspecify.annotations.Nullable;

/**
 * What a login to a target has to prove, in whichever form the target's owner chose (CHAP: RFC
 * 1994; RFC 7143, 12.1.3). {@link #toString} does not repeat a secret; nothing else may either.
 *
 * @param username the initiator's name towards the target, {@code auth_username}
 * @param password its secret, {@code auth_password}
 * @param targetUsername the target's name towards the initiator, null unless it has to prove itself
 * @param targetPassword its secret, null as {@code targetUsername} is
 */
public record ChapLogin(
    String username,
    String password,
    @Nullable String targetUsername,
    @Nullable String targetPassword) {
  /** As much as open-iscsi keeps (AUTH_STR_MAX_LEN in usr/auth.h). */
  private static final int LONGEST = 255;

  /**
   * Checks the form.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when one is empty, too long, or has
   *     a character that a node record cannot hold; the secret itself is not quoted
   */
  public ChapLogin {
    check("auth_username", username);
    check("auth_password", password);
    if ((targetUsername == null) != (targetPassword == null)) {
      throw Documents.invalid("target_auth_username", "", "it goes with target_auth_password");
    }
    if (targetUsername != null && targetPassword != null) {
      check("target_auth_username", targetUsername);
      check("target_auth_password", targetPassword);
    }
  }

  private static void check(String field, String value) {
    boolean printable = value.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (value.isEmpty() || value.length() > LONGEST || !printable) {
      throw Documents.invalid(
          field, "(not shown)", "it is 1 to " + LONGEST + " printable ASCII characters, no blank");
    }
  }

  /** {@return for whom it is, and not what it is} */
  @Override
  public String toString() {
    return "ChapLogin[" + username + (targetUsername == null ? "" : ", mutual") + "]";
  }
}
