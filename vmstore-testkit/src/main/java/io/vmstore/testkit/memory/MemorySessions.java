package io.vmstore.testkit.memory;

import io.vmstore.model.DevicePath;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** A compute node's sessions by target. Guarded by the monitor of {@link FabricState}. */
final class MemorySessions {
  private final Map<String, MemorySession> sessions = new TreeMap<>();
  private final DeviceNames names;

  MemorySessions(DeviceNames names) {
    this.names = names;
  }

  Optional<MemorySession> at(String target) {
    return Optional.ofNullable(sessions.get(target));
  }

  MemorySession add(String target, Function<DevicePath, MemorySession> session) {
    MemorySession added = session.apply(names.take());
    sessions.put(target, added);
    return added;
  }

  void remove(String target) {
    MemorySession removed = sessions.remove(target);
    if (removed != null) {
      names.free(removed.device);
    }
  }

  void clear() {
    all().forEach(session -> names.free(session.device));
    sessions.clear();
  }

  Collection<String> targets() {
    return sessions.keySet();
  }

  Collection<MemorySession> all() {
    return sessions.values();
  }
}
