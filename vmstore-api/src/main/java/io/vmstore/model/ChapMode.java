package io.vmstore.model;

import org.jspecify.annotations.Nullable;

/** Who proves to whom that it knows a secret when a session is made; each asks for more. */
public enum ChapMode {
  /** Nobody: the initiator's name suffices. */
  NONE,
  /** The initiator to the target. */
  ONE_WAY,
  /** Each to the other. */
  MUTUAL;

  /** {@return what is proven with the given secrets; with null, nothing} */
  public static ChapMode of(@Nullable ChapSecrets secrets) {
    if (secrets == null) {
      return NONE;
    }
    return secrets.target() == null ? ONE_WAY : MUTUAL;
  }

  /** {@return whether no less is proven than with {@code other}} */
  public boolean covers(ChapMode other) {
    return compareTo(other) >= 0;
  }
}
