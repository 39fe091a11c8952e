package io.vmstore.testkit.memory;

import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiPath;
import io.vmstore.model.DevicePath;
import io.vmstore.testkit.memory.HostSession.HostDevice;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The kernel and the multipathd of a machine that attaches managed volumes. Guarded by the monitor
 * of {@link FabricState}.
 */
final class MemoryHost {
  private static final String LINKS = "/run/vmstore/managed/";

  /** Several paths as one device. */
  record MultipathMap(String wwn, DevicePath device, Set<HostDevice> paths) {
    DevicePath path() {
      return new DevicePath("/dev/mapper/" + wwn);
    }
  }

  private final DeviceNames names;
  private final List<HostSession> sessions = new ArrayList<>();
  private final Map<String, MultipathMap> maps = new TreeMap<>();
  private final Map<String, DevicePath> links = new TreeMap<>();
  private final Map<DevicePath, List<String>> holders = new TreeMap<>(MemoryHost::compare);
  private int numbers;

  /** Whether multipathd runs. */
  boolean multipath;

  MemoryHost(DeviceNames names) {
    this.names = names;
  }

  private static int compare(DevicePath first, DevicePath second) {
    return first.value().compareTo(second.value());
  }

  Optional<HostSession> session(IscsiPath path) {
    return sessions.stream().filter(s -> s.isAt(path.portal(), path.target())).findFirst();
  }

  HostSession logIn(IscsiPath path, @Nullable ChapLogin chap) {
    HostSession session = new HostSession(path.portal(), path.target(), chap);
    sessions.add(session);
    return session;
  }

  void logOut(HostSession session) {
    sessions.remove(session);
  }

  Optional<HostDevice> device(IscsiPath path) {
    return session(path).map(session -> session.devices.get(path.lun()));
  }

  /** {@return the devices at the connection's paths, in their order} */
  List<HostDevice> devices(IscsiConnection connection) {
    return connection.paths().stream().flatMap(path -> device(path).stream()).toList();
  }

  HostDevice add(HostSession session, int lun, MemoryDisk disk) {
    HostDevice device = new HostDevice(session, lun, names.take(), disk);
    session.devices.put(lun, device);
    return device;
  }

  /** Takes a device away, out of its map and with its session when it was the last. */
  void remove(HostDevice device) {
    maps.values().forEach(map -> map.paths().remove(device));
    maps.values().removeIf(map -> map.paths().isEmpty());
    device.session.devices.remove(device.lun);
    names.free(device.path);
  }

  void endIfIdle(HostSession session) {
    if (session.devices.isEmpty()) {
      logOut(session);
    }
  }

  MultipathMap join(String wwn, List<HostDevice> devices) {
    MultipathMap map =
        maps.computeIfAbsent(
            wwn,
            absent ->
                new MultipathMap(
                    wwn, new DevicePath("/dev/dm-" + numbers++), new LinkedHashSet<>()));
    maps.values().stream()
        .filter(other -> !other.wwn().equals(wwn))
        .forEach(other -> other.paths().removeAll(devices));
    maps.values().removeIf(other -> other.paths().isEmpty() && !other.wwn().equals(wwn));
    map.paths().addAll(devices);
    return map;
  }

  Optional<MultipathMap> mapOf(HostDevice device) {
    return maps.values().stream().filter(map -> map.paths().contains(device)).findFirst();
  }

  DevicePath link(String name, HostDevice device) {
    links.put(name, device.path);
    return new DevicePath(LINKS + name);
  }

  Optional<DevicePath> linked(String name) {
    return Optional.ofNullable(links.get(name));
  }

  void unlink(String name) {
    links.remove(name);
  }

  /** {@return the paths behind a device, a map or a link} */
  List<HostDevice> behind(DevicePath path) {
    DevicePath device = resolved(path);
    return Stream.concat(
            maps.values().stream()
                .filter(map -> map.device().equals(device))
                .flatMap(map -> map.paths().stream()),
            all().filter(each -> each.path.equals(device)))
        .toList();
  }

  /** {@return who has a device open} */
  List<String> holders(DevicePath path) {
    return holders.computeIfAbsent(resolved(path), none -> new ArrayList<>());
  }

  private DevicePath resolved(DevicePath path) {
    for (Map.Entry<String, DevicePath> link : links.entrySet()) {
      if (path.value().equals(LINKS + link.getKey())) {
        return link.getValue();
      }
    }
    return maps.values().stream()
        .filter(map -> map.path().equals(path))
        .map(MultipathMap::device)
        .findFirst()
        .orElse(path);
  }

  List<HostSession> sessions() {
    return List.copyOf(sessions);
  }

  /** {@return everything there is of managed volumes, in words} */
  List<String> contents() {
    return Stream.of(
            sessions.stream()
                .map(session -> "session " + session.portal() + " " + session.target()),
            all().map(device -> "device " + device.path + " " + device.wwn),
            maps.keySet().stream().map(wwn -> "map " + wwn),
            links.keySet().stream().map(name -> "link " + name))
        .flatMap(each -> each)
        .sorted()
        .toList();
  }

  Stream<HostDevice> all() {
    return sessions.stream().flatMap(session -> session.devices.values().stream());
  }

  /** A reboot. */
  void clear() {
    all().forEach(device -> names.free(device.path));
    sessions.clear();
    maps.clear();
    links.clear();
    holders.clear();
    numbers = 0;
  }
}
