package io.vmstore.core.managed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.managed.ManagedVolume.Attachment;

/**
 * What a host answers about a volume, in the form of oVirt's managed block storage. Without the
 * connection, which has secrets.
 *
 * <p>Thread safety: stateless.
 */
public final class VolumeDocument {
  private VolumeDocument() {}

  /** {@return the document} */
  public static ObjectNode write(ManagedVolume volume) {
    ObjectNode json = Json.object();
    json.put("vol_id", volume.id());
    json.put("exists", ConnectorDocument.word(volume.exists()));
    if (volume.path() != null) {
      json.put("path", volume.path().value());
    }
    if (volume.attachment() != null) {
      put(json.putObject("attachment"), volume.attachment());
    }
    if (volume.size() != null) {
      json.put("vmstore_size", volume.size().bytes());
    }
    return json;
  }

  private static void put(ObjectNode json, Attachment attachment) {
    json.put("path", attachment.path().value());
    json.put("scsi_wwn", attachment.wwn());
    json.put("type", "block");
    if (attachment.multipathId() != null) {
      json.put("multipath_id", attachment.multipathId());
    }
  }
}
