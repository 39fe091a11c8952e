package io.vmstore.iscsi;

import io.vmstore.managed.ChapLogin;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a login proves, and the target in turn (iscsid.conf, "CHAP Settings"). */
record Credentials(ChapLogin login) {
  private static final String PREFIX = "node.session.auth.";

  /** The user's name in each direction is the iSCSI name of who proves to know its secret. */
  static Credentials of(Iqn initiator, Iqn target, ChapSecrets secrets) {
    String ofTarget = secrets.target();
    return new Credentials(
        new ChapLogin(
            initiator.value(),
            secrets.initiator(),
            ofTarget == null ? null : target.value(),
            ofTarget));
  }

  /** {@return whether a setting of that name is for authentication} */
  static boolean concerns(String setting) {
    return setting.startsWith(PREFIX);
  }

  /** Whether the target has to prove something, too. */
  boolean mutual() {
    return login.targetPassword() != null;
  }

  /** The lines of a node record; those of a direction that is not wanted are missing. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(PREFIX + "authmethod", "CHAP");
    settings.put(PREFIX + "username", login.username());
    settings.put(PREFIX + "password", login.password());
    String targetUsername = login.targetUsername();
    String targetPassword = login.targetPassword();
    if (targetUsername != null && targetPassword != null) {
      settings.put(PREFIX + "username_in", targetUsername);
      settings.put(PREFIX + "password_in", targetPassword);
    }
    return settings;
  }
}
