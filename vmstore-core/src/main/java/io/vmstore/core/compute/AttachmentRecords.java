package io.vmstore.core.compute;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.StateStore;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The records of this node's attachments: read from the store once, then kept in memory, every
 * change going to the store first.
 *
 * <p>Thread safety: thread-safe, as long as one operation a volume runs at a time.
 */
final class AttachmentRecords {
  private final StateStore store;
  private final Map<VolumeId, AttachmentRecord> records = new ConcurrentHashMap<>();

  AttachmentRecords(StateStore store) {
    this.store = store;
    store.readAll().forEach(this::load);
  }

  Optional<AttachmentRecord> find(VolumeId volume) {
    return Optional.ofNullable(records.get(volume));
  }

  void put(AttachmentRecord record) {
    store.write(record.volume().toString(), record.encode());
    records.put(record.volume(), record);
  }

  void remove(VolumeId volume) {
    store.remove(volume.toString());
    records.remove(volume);
  }

  private void load(String key, byte[] bytes) {
    try {
      AttachmentRecord record = AttachmentRecord.decode(bytes);
      records.put(record.volume(), record);
    } catch (VmStoreException e) {
      throw VmStoreException.builder(
              ErrorCode.INTERNAL, "cannot read the record '" + key + "' of the state store")
          .reason(String.valueOf(e.getMessage()))
          .correction(
              "restore the record from a backup, or detach its target by hand and move it away; the node does not start without it")
          .cause(e)
          .build();
    }
  }
}
