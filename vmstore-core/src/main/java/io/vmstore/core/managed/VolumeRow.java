package io.vmstore.core.managed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.managed.ManagedVolume.Attachment;
import io.vmstore.model.DevicePath;
import io.vmstore.spi.VolumeConnector.Device;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a host remembers of a volume. It is written without a device before the first effect, with
 * the device when the caller is told of it, and removed after the last effect of the detach.
 *
 * @param id the manager's id of it
 * @param connection how it is reached
 * @param path what was handed over; null until then, as {@code attachment} is
 * @param attachment the device behind it, whose wwn is the disk that this volume is for ever
 */
record VolumeRow(
    String id,
    IscsiConnection connection,
    @Nullable DevicePath path,
    @Nullable Attachment attachment) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  static String requireId(String id) {
    if (!ID.matcher(id).matches()) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "volume id '" + id + "' is not valid")
          .reason(
              "a volume id is 1 to 128 letters, digits and '. _ -', and begins with a letter or digit")
          .correction("give the id under which the manager keeps the volume")
          .build();
    }
    return id;
  }

  static VolumeRow intent(String id, IscsiConnection connection) {
    return new VolumeRow(id, connection, null, null);
  }

  VolumeRow with(Device device) {
    return new VolumeRow(id, connection, device.path(), device.attachment());
  }

  /** {@return the disk that was attached; null before it was} */
  @Nullable String wwn() {
    return attachment == null ? null : attachment.wwn();
  }

  /** {@return the volume as it is: with the device it has, or with the one it had} */
  ManagedVolume volume(Optional<Device> device) {
    return device
        .map(d -> new ManagedVolume(id, connection, true, d.path(), d.attachment(), d.size()))
        .orElseGet(() -> new ManagedVolume(id, connection, false, path, attachment, null));
  }

  byte[] encode() {
    ObjectNode json = Json.object();
    json.put("volume", id);
    json.set("connection", ConnectionInfo.write(connection));
    if (path != null && attachment != null) {
      json.put("path", path.value());
      json.put("device", attachment.path().value());
      json.put("wwn", attachment.wwn());
      json.put("multipath", attachment.multipathId());
    }
    return Json.write(json);
  }

  static VolumeRow decode(byte[] bytes) {
    JsonFields json = Json.readConfidential(bytes, "volume record");
    IscsiConnection connection =
        json.optionalObject("connection")
            .map(ConnectionInfo::read)
            .orElseThrow(() -> incomplete("connection"));
    VolumeRow intent = intent(requireId(json.text("volume")), connection);
    if (!json.has("wwn")) {
      return intent;
    }
    Attachment attachment =
        new Attachment(
            new DevicePath(json.text("device")),
            json.text("wwn"),
            json.optionalText("multipath").orElse(null));
    return new VolumeRow(intent.id, connection, new DevicePath(json.text("path")), attachment);
  }

  private static VmStoreException incomplete(String field) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "field '" + field + "' of the volume record is not valid")
        .reason("it is missing")
        .build();
  }
}
