package io.vmstore.testkit.memory;

import io.vmstore.model.DevicePath;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the kernels and disks of all machines of a fabric know. Guarded by its own monitor. */
final class FabricState {
  final Map<PoolName, MemoryPool> pools = new HashMap<>();
  final TreeMap<String, MemoryExport> exports = new TreeMap<>();

  final Map<Portal, NodeName> portals = new HashMap<>();
  final Set<NodeName> unplugged = new HashSet<>();
  private final Map<NodeName, Map<String, MemorySession>> sessions = new HashMap<>();

  MemoryPool pool(PoolName name) {
    return pools.computeIfAbsent(name, absent -> new MemoryPool());
  }

  Map<String, MemorySession> sessionsOf(NodeName compute) {
    return sessions.computeIfAbsent(compute, absent -> new TreeMap<>());
  }

  Stream<MemorySession> allSessions() {
    return sessions.values().stream().map(Map::values).flatMap(Collection::stream);
  }

  List<MemorySession> sessionsAt(MemoryExport export) {
    return allSessions().filter(session -> session.loggedIn && session.export == export).toList();
  }

  Set<NodeName> writers(MemoryVolume volume) {
    return sessions.entrySet().stream()
        .filter(entry -> entry.getValue().values().stream().anyMatch(s -> s.writesTo(volume)))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  Optional<MemoryExport> exportOf(MemoryVolume volume) {
    return exports.values().stream().filter(export -> export.volume == volume).findFirst();
  }

  Optional<MemoryExport> exportOf(VolumeId id) {
    return exports.values().stream().filter(export -> export.id.equals(id)).findFirst();
  }

  Optional<MemoryVolume> volume(ZvolName name) {
    return Optional.ofNullable(pool(name.pool()).volumes.get(name.name()));
  }

  Optional<MemoryVolume> volumeAt(DevicePath device) {
    return pools.values().stream()
        .flatMap(pool -> pool.volumes.values().stream())
        .filter(volume -> volume.isVolume && MemoryVolume.deviceOf(volume.name).equals(device))
        .findFirst();
  }

  boolean reaches(NodeName compute, NodeName nas) {
    return !unplugged.contains(compute) && !unplugged.contains(nas);
  }

  /** Sessions that cannot reach their target are still there, and fail every read and write. */
  void unplug(NodeName node) {
    unplugged.add(node);
    sessions.forEach(
        (compute, its) ->
            its.values().stream()
                .filter(session -> !reaches(compute, session.export.nas))
                .forEach(session -> session.loggedIn = false));
  }

  void plugIn(NodeName node) {
    unplugged.remove(node);
    exports.values().forEach(this::logInAgain);
  }

  /** The initiators of the kernel try to log in again for ever, and here succeed at once. */
  void logInAgain(MemoryExport export) {
    sessions.forEach(
        (compute, its) ->
            its.values().stream()
                .filter(session -> reaches(compute, export.nas))
                .filter(session -> session.target.iqn().equals(export.target.iqn()))
                .filter(s -> export.admits(s.initiator) && export.believes(s.chap))
                .forEach(session -> session.logIn(export)));
  }

  void remove(MemoryExport export) {
    exports.remove(export.target.iqn().value());
    sessionsAt(export).forEach(session -> session.loggedIn = false);
  }
}
