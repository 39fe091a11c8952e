package io.vmstore.core.protocol;

import java.util.Locale;

/** What a user of the broker is in an installation. */
public enum Role {
  /** A VM manager: asks NAS for everything, and compute nodes what they have. */
  FRONTEND,
  /** A person at the command line: what a frontend may, and reconciling compute nodes. */
  OPERATOR,
  /** A NAS: has compute nodes attach and detach its volumes. */
  NAS,
  /** A compute node: asks nobody. */
  COMPUTE;

  /** {@return the setting that says who has this role} */
  public String setting() {
    return "users." + name().toLowerCase(Locale.ROOT);
  }
}
