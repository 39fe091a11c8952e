package io.vmstore.core.json;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.model.ChapSecrets;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of a mapping in a document: the same in the record of a NAS, in the request to a
 * compute node, and in the record there. No other document has them.
 */
public final class Chap {
  private static final String FIELD = "chap";
  private static final String INITIATOR = "initiator_secret";
  private static final String TARGET = "target_secret";

  private Chap() {}

  /** Writes the secrets, if there are any. */
  public static void put(ObjectNode json, @Nullable ChapSecrets secrets) {
    if (secrets != null) {
      ObjectNode chap = json.putObject(FIELD).put(INITIATOR, secrets.initiator());
      secrets.ofTarget().ifPresent(secret -> chap.put(TARGET, secret));
    }
  }

  /** {@return the secrets; null when there are none, as in what older versions wrote} */
  public static @Nullable ChapSecrets in(JsonFields json) {
    return json.confidentialObject(FIELD)
        .map(chap -> new ChapSecrets(chap.text(INITIATOR), chap.optionalText(TARGET).orElse(null)))
        .orElse(null);
  }
}
