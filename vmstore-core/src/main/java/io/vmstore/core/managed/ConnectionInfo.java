package io.vmstore.core.managed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code connection_info}: how a volume is reached, in the form of os-brick and Cinder. Fields that
 * are not used are carried along, and no error repeats a secret. docs/managed-volumes.md has the
 * table.
 *
 * <p>Thread safety: stateless.
 */
public final class ConnectionInfo {
  private static final String NAME = "connection_info";
  private static final String PAGE = "docs/managed-volumes.md";
  private static final String TYPE = "iscsi";
  private static final Set<String> USED_AROUND = Set.of("driver_volume_type", "data");
  private static final Set<String> USED = used();

  private ConnectionInfo() {}

  private static Set<String> used() {
    Set<String> names = new HashSet<>(Paths.FIELDS);
    names.addAll(Set.of("auth_method", "auth_username", "auth_password"));
    names.addAll(Set.of("target_auth_username", "target_auth_password"));
    names.addAll(Set.of("access_mode", "discard", "enforce_multipath", "vmstore_serial"));
    return names;
  }

  /**
   * Reads a document.
   *
   * @throws VmStoreException INVALID_ARGUMENT when a field is wrong; UNIMPLEMENTED when it is of
   *     another type than {@code iscsi}, or asks for what vmstore does not do
   */
  public static IscsiConnection read(byte[] document) {
    return read(Json.readConfidential(document, NAME));
  }

  /** As {@link #read(byte[])}, of a part of a document. */
  public static IscsiConnection read(JsonFields part) {
    JsonFields info = part.as(NAME, PAGE);
    String type = info.text("driver_volume_type");
    if (!type.equals(TYPE)) {
      throw unsupported("driver_volume_type", type, "the types supported are: " + TYPE);
    }
    JsonFields data = info.optionalObject("data").orElseThrow(() -> missing("data"));
    refuseEncryption(data);
    Addressing addressing = Addressing.of(data.optionalText("addressing_mode").orElse(null));
    return new IscsiConnection(
        Paths.in(data, addressing),
        chap(data),
        access(data),
        data.looseFlag("discard").orElse(null),
        data.looseFlag("enforce_multipath").orElse(false),
        data.optionalText("vmstore_serial").orElse(null),
        Carried.in(data.except(USED)),
        Carried.in(info.except(USED_AROUND)));
  }

  /** {@return the document} It has the secrets. */
  public static ObjectNode write(IscsiConnection connection) {
    ObjectNode info = Json.object();
    Carried.put(info, connection.around());
    info.put("driver_volume_type", TYPE);
    ObjectNode data = info.putObject("data");
    Carried.put(data, connection.other());
    Paths.put(data, connection.paths(), Addressing.of(connection.other().get("addressing_mode")));
    put(data, connection.chap());
    data.put("access_mode", connection.access() == AccessMode.READ_ONLY ? "ro" : "rw");
    if (connection.discard() != null) {
      data.put("discard", connection.discard());
    }
    if (connection.enforceMultipath()) {
      data.put("enforce_multipath", true);
    }
    if (connection.serial() != null) {
      data.put("vmstore_serial", connection.serial());
    }
    return info;
  }

  /** Whoever decrypts it has the key, and vmstore has none: a guest would write in the clear. */
  private static void refuseEncryption(JsonFields data) {
    if (data.looseFlag("encrypted").orElse(false)) {
      throw unsupported(
          "encrypted",
          "true",
          "vmstore hands over the disk as it is; whoever decrypts it himself takes the field away");
    }
  }

  private static @Nullable ChapLogin chap(JsonFields data) {
    String method = data.optionalText("auth_method").orElse("").toUpperCase(Locale.ROOT);
    if (method.isEmpty() || method.equals("NONE")) {
      if (data.optionalSecret("auth_password").filter(text -> !text.isEmpty()).isPresent()) {
        throw missing("auth_method");
      }
      return null;
    }
    if (!method.equals("CHAP")) {
      throw unsupported("auth_method", method, "the methods supported are: CHAP");
    }
    return new ChapLogin(
        data.text("auth_username"),
        data.optionalSecret("auth_password").orElseThrow(() -> missing("auth_password")),
        data.optionalText("target_auth_username").orElse(null),
        data.optionalSecret("target_auth_password").orElse(null));
  }

  private static void put(ObjectNode data, @Nullable ChapLogin chap) {
    if (chap != null) {
      data.put("auth_method", "CHAP");
      data.put("auth_username", chap.username());
      data.put("auth_password", chap.password());
      if (chap.targetUsername() != null) {
        data.put("target_auth_username", chap.targetUsername());
        data.put("target_auth_password", chap.targetPassword());
      }
    }
  }

  private static AccessMode access(JsonFields data) {
    String mode = data.optionalText("access_mode").orElse("rw").toLowerCase(Locale.ROOT);
    return switch (mode) {
      case "rw" -> AccessMode.READ_WRITE;
      case "ro" -> AccessMode.READ_ONLY;
      default -> throw invalid("access_mode", "it is '" + mode + "', not rw or ro");
    };
  }

  private static VmStoreException missing(String field) {
    return invalid(field, "it is missing");
  }

  /** {@return that a field's value is none} */
  static VmStoreException invalid(String field, String reason) {
    return wrong(ErrorCode.INVALID_ARGUMENT, field, reason);
  }

  private static VmStoreException unsupported(String field, String value, String reason) {
    return wrong(ErrorCode.UNIMPLEMENTED, field, "it is '" + value + "'; " + reason);
  }

  private static VmStoreException wrong(ErrorCode code, String field, String reason) {
    String what = code == ErrorCode.UNIMPLEMENTED ? "is not supported" : "is not valid";
    return VmStoreException.builder(code, "field '" + field + "' of the " + NAME + " " + what)
        .reason(reason)
        .correction("see " + PAGE + " for the fields of this document")
        .build();
  }
}
