package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeMap;

/** A pool and its datasets, by name. Guarded by the monitor of {@link FabricState}. */
final class MemoryPool {
  private final TreeMap<String, MemoryVolume> volumes = new TreeMap<>();
  private long used;
  ByteSize capacity = ByteSize.gibibytes(1024);

  Optional<MemoryVolume> volume(String name) {
    return Optional.ofNullable(volumes.get(name));
  }

  Collection<MemoryVolume> volumes() {
    return volumes.values();
  }

  Collection<MemoryVolume> after(String name) {
    return volumes.tailMap(name, false).values();
  }

  void put(MemoryVolume volume) {
    remove(volume.name.name());
    volumes.put(volume.name.name(), volume);
    used += volume.size.bytes();
  }

  void remove(String name) {
    MemoryVolume removed = volumes.remove(name);
    used -= removed == null ? 0 : removed.size.bytes();
  }

  boolean hasRoomFor(ByteSize size) {
    return size.bytes() <= capacity.bytes() - used;
  }
}
