package io.vmstore.iscsi;

import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a login proves, and the target in turn (iscsid.conf, "CHAP Settings"). The user's name in
 * each direction is the iSCSI name of who proves to know its secret.
 */
record Credentials(Iqn initiator, Iqn target, ChapSecrets secrets) {
  private static final String PREFIX = "node.session.auth.";

  /** {@return whether a setting of that name is for authentication} */
  static boolean concerns(String setting) {
    return setting.startsWith(PREFIX);
  }

  /** Whether the target has to prove something, too. */
  boolean mutual() {
    return secrets.target() != null;
  }

  /** The lines of a node record; those of a direction that is not wanted are missing. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(PREFIX + "authmethod", "CHAP");
    settings.put(PREFIX + "username", initiator.value());
    settings.put(PREFIX + "password", secrets.initiator());
    secrets
        .ofTarget()
        .ifPresent(
            secret -> {
              settings.put(PREFIX + "username_in", target.value());
              settings.put(PREFIX + "password_in", secret);
            });
    return settings;
  }
}
