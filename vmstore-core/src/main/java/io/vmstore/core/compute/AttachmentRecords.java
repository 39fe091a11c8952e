package io.vmstore.core.compute;

import io.vmstore.AttachTarget;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.StateStore;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The records of this node's attachments: read from the store once, then kept in memory, every
 * change going to the store first.
 *
 * <p>Thread safety: thread-safe, as long as one operation a volume runs at a time.
 */
final class AttachmentRecords {
  /** Far more than a node's messages under way can concern, and few enough to keep. */
  private static final int MEMORIES = 1_000;

  private final StateStore store;
  private final AtomicLong order = new AtomicLong();
  private final Map<VolumeId, AttachmentRecord> records = new ConcurrentHashMap<>();
  private final Map<VolumeId, Long> memories = new ConcurrentHashMap<>();

  AttachmentRecords(StateStore store) {
    this.store = store;
    store.readAll().forEach(this::load);
  }

  Optional<AttachmentRecord> find(VolumeId volume) {
    return Optional.ofNullable(records.get(volume));
  }

  Collection<AttachmentRecord> all() {
    return records.values();
  }

  void attached(AttachTarget request) {
    put(
        new AttachmentRecord(
            request.volume(),
            request.target(),
            request.generation(),
            true,
            request.generation(),
            order.incrementAndGet(),
            request.chap()));
  }

  /** The mapping is over, and remembered so that a late message of it is known for what it is. */
  void detached(VolumeId volume, Target target, long generation) {
    put(
        new AttachmentRecord(
            volume,
            target,
            generation,
            false,
            newest(volume, generation),
            order.incrementAndGet(),
            null));
    forgetOldest();
  }

  /** A later mapping came to nothing, while the device of this one is still here. */
  void heardOf(AttachmentRecord attached, long later) {
    put(
        new AttachmentRecord(
            attached.volume(),
            attached.target(),
            attached.generation(),
            true,
            Math.max(attached.newest(), later),
            order.incrementAndGet(),
            attached.chap()));
  }

  private long newest(VolumeId volume, long generation) {
    return find(volume).map(record -> Math.max(record.newest(), generation)).orElse(generation);
  }

  private void put(AttachmentRecord record) {
    store.write(record.volume().toString(), record.encode());
    records.put(record.volume(), record);
    memories.compute(
        record.volume(), (volume, before) -> record.attached() ? null : record.order());
  }

  /** One comes with each detach, so one goes with each. */
  private void forgetOldest() {
    if (memories.size() <= MEMORIES) {
      return;
    }
    memories.entrySet().stream()
        .min(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .ifPresent(this::forget);
  }

  private void forget(VolumeId volume) {
    store.remove(volume.toString());
    records.remove(volume);
    memories.remove(volume);
  }

  private void load(String key, byte[] bytes) {
    try {
      AttachmentRecord record = AttachmentRecord.decode(bytes);
      JsonFields.requireKey(key, record.volume().toString());
      records.put(record.volume(), record);
      order.accumulateAndGet(record.order(), Math::max);
      if (!record.attached()) {
        memories.put(record.volume(), record.order());
      }
    } catch (VmStoreException e) {
      throw Failures.unreadable(
          "the record '" + key + "' of the state store",
          "detach its target by hand and move it away; the node does not start without it",
          e);
    }
  }
}
