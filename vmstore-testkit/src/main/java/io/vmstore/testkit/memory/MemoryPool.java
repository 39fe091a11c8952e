package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import java.util.TreeMap;

/** A pool and its datasets, by name. Guarded by the monitor of {@link FabricState}. */
final class MemoryPool {
  final TreeMap<String, MemoryVolume> volumes = new TreeMap<>();
  ByteSize capacity = ByteSize.gibibytes(1024);

  boolean hasRoomFor(ByteSize size) {
    long used = volumes.values().stream().mapToLong(volume -> volume.size.bytes()).sum();
    return size.bytes() <= capacity.bytes() - used;
  }
}
