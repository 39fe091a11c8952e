package io.vmstore.testkit.memory;

import io.vmstore.model.DevicePath;
import java.util.BitSet;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** A compute node's sessions by target. Guarded by the monitor of {@link FabricState}. */
final class MemorySessions {
  private final Map<String, MemorySession> sessions = new TreeMap<>();
  private final Map<String, Integer> disks = new TreeMap<>();
  private final BitSet used = new BitSet();

  Optional<MemorySession> at(String target) {
    return Optional.ofNullable(sessions.get(target));
  }

  /** The disk gets the lowest free name, as in the kernel: so a name is used again by another. */
  MemorySession add(String target, Function<DevicePath, MemorySession> session) {
    int disk = used.nextClearBit(0);
    MemorySession added = session.apply(new DevicePath("/dev/sd" + letters(disk)));
    used.set(disk);
    disks.put(target, disk);
    sessions.put(target, added);
    return added;
  }

  void remove(String target) {
    sessions.remove(target);
    Integer disk = disks.remove(target);
    if (disk != null) {
      used.clear(disk);
    }
  }

  void clear() {
    sessions.clear();
    disks.clear();
    used.clear();
  }

  Collection<String> targets() {
    return sessions.keySet();
  }

  Collection<MemorySession> all() {
    return sessions.values();
  }

  private static String letters(int number) {
    String last = String.valueOf((char) ('a' + number % 26));
    return number < 26 ? last : letters(number / 26 - 1) + last;
  }
}
