package io.vmstore.core.nas;

import io.vmstore.CallOptions;
import io.vmstore.ZvolQuery;
import io.vmstore.core.flow.Doubts;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import io.vmstore.spi.StateStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of all volumes: read from the stores once, then kept in memory, every change going to
 * its store first.
 *
 * <p>Thread safety: thread-safe. Two changes of one record never meet, because one operation a
 * volume runs at a time.
 */
final class VolumeRecords {
  private final RecordStores stores;
  private final NavigableMap<ZvolName, VolumeRecord> records = new ConcurrentSkipListMap<>();
  private final Doubts<ZvolName> doubts = new Doubts<>();

  VolumeRecords(RecordStores stores) {
    this.stores = stores;
  }

  /** Takes over what a store has. */
  void load(Map<String, byte[]> stored) {
    stored.forEach(
        (key, bytes) -> {
          if (!Fences.isKey(key)) {
            load(key, bytes);
          }
        });
  }

  /**
   * {@return the record of a volume, when it has one}
   *
   * @throws VmStoreException UNAVAILABLE or NOT_FOUND: nothing is known of that pool
   */
  Optional<VolumeRecord> find(ZvolName zvol) {
    store(zvol);
    return Optional.ofNullable(records.get(zvol));
  }

  Collection<VolumeRecord> all() {
    return records.values();
  }

  /** {@return those whose volumes' names come after one, or all, in the order of the names} */
  Collection<VolumeRecord> after(@Nullable ZvolName zvol) {
    return zvol == null ? records.values() : records.tailMap(zvol, false).values();
  }

  /** {@return what is on record of a volume, NONE when nothing is} */
  ZvolVersion version(ZvolName zvol) {
    return find(zvol).map(VolumeRecord::version).orElse(ZvolVersion.NONE);
  }

  /** {@return the same of those volumes of a page that have a record} */
  Map<ZvolName, ZvolVersion> versions(ZvolQuery query) {
    Map<ZvolName, ZvolVersion> versions = new HashMap<>();
    after(query.after()).stream()
        .limit(query.limit())
        .forEach(record -> versions.put(record.zvol(), record.version()));
    return versions;
  }

  /**
   * Refuses a call that was decided on for what the volume is no longer. To be called by whoever
   * has its turn. A repeated call is not refused for what it did itself.
   *
   * @throws VmStoreException FAILED_PRECONDITION
   */
  void requireExpected(ZvolName zvol, CallOptions options) {
    ZvolVersion actual = version(zvol);
    if (options.expected() != null
        && !actual.equals(options.expected())
        && !options.operation().equals(actual.operation())) {
      throw VmStoreException.builder(
              ErrorCode.FAILED_PRECONDITION,
              "zvol '" + zvol + "' has changed, and nothing was done")
          .reason("the call is for '" + options.expected() + "', and it is '" + actual + "'")
          .correction("list it, and decide anew")
          .detail(CallOptions.CHANGED, actual.toString())
          .build();
    }
  }

  /**
   * {@return the record, which the store certainly has} What is known is written again when there
   * is doubt about it.
   */
  Optional<VolumeRecord> certain(ZvolName zvol) {
    Optional<VolumeRecord> known = find(zvol);
    if (doubts.about(zvol)) {
      known.ifPresentOrElse(this::put, () -> remove(zvol));
    }
    return known;
  }

  void put(VolumeRecord record) {
    ZvolName zvol = record.zvol();
    doubts.change(zvol, () -> store(zvol).write(zvol.toString(), VolumeRecordCodec.encode(record)));
    records.put(zvol, record);
  }

  void remove(ZvolName zvol) {
    doubts.change(zvol, () -> store(zvol).remove(zvol.toString()));
    records.remove(zvol);
  }

  /** A record that cannot be changed after an effect leaves what it says, which is not certain. */
  static void afterEffect(Runnable change) {
    try {
      change.run();
    } catch (VmStoreException e) {
      throw Failures.withOutcome(e, true);
    }
  }

  private StateStore store(ZvolName zvol) {
    return stores.of(zvol.pool());
  }

  private void load(String key, byte[] bytes) {
    try {
      VolumeRecord record = VolumeRecordCodec.decode(bytes);
      JsonFields.requireKey(key, record.zvol().toString());
      records.put(record.zvol(), record);
    } catch (VmStoreException e) {
      // Starting without it could give its volume to a second host.
      throw Failures.unreadable(
          "the record '" + key + "' of the NAS's records",
          "move it away and unmap its volume by hand; its pool is not served without it",
          e);
    }
  }
}
