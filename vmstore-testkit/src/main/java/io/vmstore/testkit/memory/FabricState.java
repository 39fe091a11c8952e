package io.vmstore.testkit.memory;

import io.vmstore.managed.TargetName;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.ArrayList;
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
  private final TreeMap<String, MemoryExport> exports = new TreeMap<>();
  private final Map<VolumeId, MemoryExport> exportsById = new HashMap<>();
  private final Map<MemoryVolume, MemoryExport> exportsByVolume = new HashMap<>();

  final Map<Portal, NodeName> portals = new HashMap<>();
  final Set<NodeName> unplugged = new HashSet<>();
  private final Map<NodeName, MemorySessions> sessions = new HashMap<>();

  /** Targets of arrays, and the portals that any array has or had. */
  final Map<TargetName, MemoryTarget> targets = new HashMap<>();

  final Set<Portal> arrayPortals = new HashSet<>();
  final Set<Portal> cut = new HashSet<>();
  int arrayDisks;
  private final Map<NodeName, MemoryHost> hosts = new HashMap<>();
  private final Map<NodeName, DeviceNames> names = new HashMap<>();
  final List<MemoryFabric.Removal> removals = new ArrayList<>();

  MemoryPool pool(PoolName name) {
    return pools.computeIfAbsent(name, absent -> new MemoryPool());
  }

  MemorySessions sessionsOf(NodeName compute) {
    return sessions.computeIfAbsent(compute, absent -> new MemorySessions(namesOf(compute)));
  }

  MemoryHost hostOf(NodeName compute) {
    return hosts.computeIfAbsent(compute, absent -> new MemoryHost(namesOf(compute)));
  }

  private DeviceNames namesOf(NodeName compute) {
    return names.computeIfAbsent(compute, absent -> new DeviceNames());
  }

  void removed(String name, String wwn) {
    removals.add(new MemoryFabric.Removal(name, wwn));
  }

  private Stream<MemorySession> sessionsAt(Target target) {
    return sessions.values().stream().flatMap(its -> its.at(target.iqn().value()).stream());
  }

  List<MemorySession> sessionsAt(MemoryExport export) {
    return sessionsAt(export.target)
        .filter(session -> session.loggedIn && session.export == export)
        .toList();
  }

  /** {@return who is logged in to an export, whoever drives him} */
  Set<Iqn> loggedIn(MemoryExport export) {
    Set<Iqn> initiators =
        sessionsAt(export).stream().map(session -> session.initiator).collect(Collectors.toSet());
    if (hosts.entrySet().stream()
        .anyMatch(host -> hasSession(host.getKey(), host.getValue(), export))) {
      initiators.add(export.admitted.initiator()); // nobody else gets a session
    }
    return initiators;
  }

  private boolean hasSession(NodeName compute, MemoryHost host, MemoryExport export) {
    String target = export.target.iqn().value();
    return reaches(compute, export.nas)
        && host.sessions().stream()
            .filter(session -> export.nas.equals(portals.get(session.portal())))
            .anyMatch(
                session ->
                    session.target().value().equals(target) && !cut.contains(session.portal()));
  }

  Set<NodeName> writers(MemoryVolume volume) {
    return sessions.entrySet().stream()
        .filter(entry -> entry.getValue().all().stream().anyMatch(s -> s.writesTo(volume)))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  Collection<MemoryExport> exports() {
    return exports.values();
  }

  Optional<MemoryExport> exportAt(Target target) {
    return exportAt(target.iqn().value());
  }

  Optional<MemoryExport> exportAt(String target) {
    return Optional.ofNullable(exports.get(target));
  }

  Optional<MemoryExport> exportOf(MemoryVolume volume) {
    return Optional.ofNullable(exportsByVolume.get(volume));
  }

  Optional<MemoryExport> exportOf(VolumeId id) {
    return Optional.ofNullable(exportsById.get(id));
  }

  Optional<MemoryVolume> volume(ZvolName name) {
    return pool(name.pool()).volume(name.name());
  }

  Optional<MemoryVolume> volumeAt(DevicePath device) {
    return MemoryVolume.at(device).flatMap(this::volume).filter(volume -> volume.isVolume);
  }

  boolean reaches(NodeName compute, NodeName nas) {
    return !unplugged.contains(compute) && !unplugged.contains(nas);
  }

  /** Sessions that cannot reach their target are still there, and fail every read and write. */
  void unplug(NodeName node) {
    unplugged.add(node);
    sessions.forEach(
        (compute, its) ->
            its.all().stream()
                .filter(session -> !reaches(compute, session.export.nas))
                .forEach(session -> session.loggedIn = false));
  }

  void plugIn(NodeName node) {
    unplugged.remove(node);
    exports.values().forEach(this::logInAgain);
  }

  /** The initiators of the kernel try to log in again for ever, and here succeed at once. */
  private void logInAgain(MemoryExport export) {
    sessions.forEach(
        (compute, its) ->
            its.at(export.target.iqn().value())
                .filter(session -> reaches(compute, export.nas))
                .filter(s -> export.admits(s.initiator) && export.believes(s.chap))
                .ifPresent(session -> session.logIn(export)));
  }

  void add(MemoryExport export) {
    exports.put(export.target.iqn().value(), export);
    exportsById.put(export.id, export);
    exportsByVolume.put(export.volume, export);
    logInAgain(export);
  }

  void remove(MemoryExport export) {
    exports.remove(export.target.iqn().value());
    exportsById.remove(export.id);
    exportsByVolume.remove(export.volume);
    sessionsAt(export).forEach(session -> session.loggedIn = false);
  }
}
