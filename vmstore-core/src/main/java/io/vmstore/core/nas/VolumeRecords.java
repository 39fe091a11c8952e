package io.vmstore.core.nas;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.StateStore;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The records of all volumes: read from the store once, then kept in memory, every change going to
 * the store first.
 *
 * <p>Thread safety: thread-safe. Two changes of one record never meet, because one operation a
 * volume runs at a time.
 */
final class VolumeRecords {
  private final StateStore store;
  private final Map<ZvolName, VolumeRecord> records = new ConcurrentHashMap<>();

  VolumeRecords(StateStore store, Map<String, byte[]> stored) {
    this.store = store;
    stored.forEach(
        (key, bytes) -> {
          if (!Fences.isKey(key)) {
            load(key, bytes);
          }
        });
  }

  Optional<VolumeRecord> find(ZvolName zvol) {
    return Optional.ofNullable(records.get(zvol));
  }

  Collection<VolumeRecord> all() {
    return records.values();
  }

  void put(VolumeRecord record) {
    store.write(record.zvol().toString(), VolumeRecordCodec.encode(record));
    records.put(record.zvol(), record);
  }

  void remove(ZvolName zvol) {
    store.remove(zvol.toString());
    records.remove(zvol);
  }

  private void load(String key, byte[] bytes) {
    try {
      VolumeRecord record = VolumeRecordCodec.decode(bytes);
      records.put(record.zvol(), record);
    } catch (VmStoreException | IllegalArgumentException e) {
      // Starting without it could give its volume to a second host.
      throw VmStoreException.builder(
              ErrorCode.INTERNAL, "cannot read the record '" + key + "' of the state store")
          .reason(String.valueOf(e.getMessage()))
          .correction(
              "restore the record from a backup, or move it away and unmap its volume by hand; the NAS does not start without it")
          .cause(e)
          .build();
    }
  }
}
