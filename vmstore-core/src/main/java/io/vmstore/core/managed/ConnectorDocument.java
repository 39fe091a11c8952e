package io.vmstore.core.managed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.model.Iqn;
import java.util.Set;

/**
 * {@code connector_info}: what a host says of itself, in the form of os-brick, its booleans as the
 * words that oVirt's document has.
 *
 * <p>Thread safety: stateless.
 */
public final class ConnectorDocument {
  private static final Set<String> USED =
      Set.of("initiator", "ip", "host", "platform", "os_type", "multipath", "do_local_attach");

  private ConnectorDocument() {}

  /**
   * Reads a document.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when a field is wrong
   */
  public static ConnectorInfo read(byte[] document) {
    return read(Json.readConfidential(document, "connector_info"));
  }

  /** As {@link #read(byte[])}, of a part of a document. */
  public static ConnectorInfo read(JsonFields part) {
    JsonFields info = part.as("connector_info", "docs/managed-volumes.md");
    return new ConnectorInfo(
        new Iqn(info.text("initiator")),
        info.optionalText("ip").orElse(""),
        info.optionalText("host").orElse(""),
        info.optionalText("platform").orElse(""),
        info.optionalText("os_type").orElse(""),
        info.looseFlag("multipath").orElse(false),
        info.looseFlag("do_local_attach").orElse(false),
        Carried.in(info.except(USED)));
  }

  /** {@return the document} */
  public static ObjectNode write(ConnectorInfo info) {
    ObjectNode json = Json.object();
    Carried.put(json, info.other());
    json.put("initiator", info.initiator().value());
    json.put("ip", info.ip());
    json.put("platform", info.platform());
    json.put("host", info.host());
    json.put("do_local_attach", word(info.doLocalAttach()));
    json.put("os_type", info.osType());
    json.put("multipath", word(info.multipath()));
    return json;
  }

  /** {@return a boolean as Python prints it} */
  static String word(boolean value) {
    return value ? "True" : "False";
  }
}
