package io.vmstore.iscsi;

import static java.util.Objects.requireNonNull;

import io.vmstore.iscsi.SimulatedHost.SimulatedLun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The multipathd of a simulated host, and the programs that speak to it, as multipath-tools 0.9.4
 * was seen to behave: a disk is taken when its name is in the wwids file and udev has seen it.
 * Everything is done under the host's lock.
 */
final class SimulatedMultipath {
  private static final class Device {
    final String name;
    final TreeSet<String> paths = new TreeSet<>();
    boolean queues = true;

    Device(String name) {
      this.name = name;
    }
  }

  private final Path root;
  private final SimulatedSysfs sysfs;
  private final Predicate<Path> open;

  /** Of the disks that udev has seen. */
  private final Map<String, String> wwns = new HashMap<>();

  final Map<String, Long> sizes = new HashMap<>();
  private final Set<String> file = new TreeSet<>();
  private final Map<String, Device> devices = new TreeMap<>();
  boolean running;

  /** Disks that multipathd puts into the device of another. */
  final Map<String, String> mistaken = new HashMap<>();

  /** What is in its blacklist. */
  final Set<String> blacklist = new TreeSet<>();

  SimulatedMultipath(Path root, SimulatedSysfs sysfs, Predicate<Path> open) {
    this.root = root;
    this.sysfs = sysfs;
    this.open = open;
  }

  boolean queues(String wwn) {
    return device(wwn).map(each -> each.getValue().queues).orElse(false);
  }

  List<String> paths(String wwn) {
    return device(wwn).map(each -> List.copyOf(each.getValue().paths)).orElse(List.of());
  }

  void udevSaw(String disk, SimulatedLun lun) {
    wwns.put(disk, "3" + lun.wwid().substring("naa.".length()));
    sizes.put(disk, lun.size.bytes());
    if (running) {
      take(disk);
    }
  }

  void diskGone(String disk) {
    devices.forEach(
        (device, each) -> {
          if (each.paths.remove(disk)) {
            sysfs.setSlave(device, disk, false);
          }
        });
    wwns.remove(disk);
    sizes.remove(disk);
  }

  int run(List<String> words) {
    String line = String.join(" ", words.subList(0, words.size() - 1));
    String last = words.get(words.size() - 1);
    if (words.get(0).equals("multipathd") && !running) {
      return 1;
    }
    return switch (line) {
      case "multipathd show" -> 0;
      case "multipath -a" -> done(file.add(last));
      case "multipathd add path" -> take(last) ? 0 : 1;
      case "multipathd del path" -> done(out(last));
      case "multipathd disablequeueing map" -> failWithoutPath(last);
      case "multipathd remove map", "dmsetup remove" -> remove(last);
      case "multipathd resize map" -> resize(last);
      case "blockdev --setro" -> readOnly(Path.of(last));
      default -> {
        if (words.subList(0, 2).equals(List.of("dmsetup", "message"))) {
          yield failWithoutPath(words.get(2));
        }
        throw new AssertionError("not a program of this machine: " + words);
      }
    };
  }

  private static int done(boolean ignored) {
    return 0;
  }

  private boolean take(String disk) {
    String wwn = mistaken.getOrDefault(disk, wwns.getOrDefault(disk, ""));
    if (!file.contains(wwn) || blacklist.contains(wwn)) {
      return false;
    }
    String device = device(wwn).map(Map.Entry::getKey).orElseGet(() -> make(wwn, disk));
    requireNonNull(devices.get(device)).paths.add(disk);
    sysfs.setSlave(device, disk, true);
    // The others that udev has seen come along.
    wwns.forEach(
        (other, name) -> {
          if (name.equals(wwn) && requireNonNull(devices.get(device)).paths.add(other)) {
            sysfs.setSlave(device, other, true);
          }
        });
    return true;
  }

  private String make(String wwn, String disk) {
    int number = 0;
    while (devices.containsKey("dm-" + number)) {
      number++;
    }
    String device = "dm-" + number;
    devices.put(device, new Device(wwn));
    sysfs.addMapped(device, wwn, "mpath-" + wwn);
    sysfs.setSize(device, requireNonNull(sizes.get(disk)));
    Path nodes = root.resolve("dev");
    try {
      Files.createDirectories(nodes.resolve("mapper"));
      SimulatedHost.link(nodes.resolve(device), Files.readSymbolicLink(nodes.resolve(disk)));
      SimulatedHost.link(nodes.resolve("mapper").resolve(wwn), nodes.resolve(device));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return device;
  }

  private boolean out(String disk) {
    devices.forEach(
        (device, each) -> {
          if (each.paths.remove(disk)) {
            sysfs.setSlave(device, disk, false);
          }
        });
    return true;
  }

  private Optional<Map.Entry<String, Device>> device(String name) {
    return devices.entrySet().stream()
        .filter(each -> each.getValue().name.equals(name))
        .findFirst();
  }

  private int failWithoutPath(String name) {
    device(name).ifPresent(each -> each.getValue().queues = false);
    return device(name).isPresent() ? 0 : 1;
  }

  private int remove(String name) {
    Optional<Map.Entry<String, Device>> found = device(name);
    if (found.isEmpty()) {
      return 1;
    }
    String device = found.orElseThrow().getKey();
    if (open.test(root.resolve("dev").resolve(device))) {
      return 1;
    }
    List.copyOf(found.orElseThrow().getValue().paths).forEach(this::out);
    sysfs.removeMapped(device);
    SimulatedSysfs.delete(root.resolve("dev").resolve(device));
    SimulatedSysfs.delete(root.resolve("dev/mapper").resolve(name));
    devices.remove(device);
    return 0;
  }

  private int resize(String name) {
    Map.Entry<String, Device> found = device(name).orElseThrow();
    List<Long> all = found.getValue().paths.stream().map(sizes::get).distinct().toList();
    if (all.size() != 1) {
      return 1; // "device too small for target"
    }
    sysfs.setSize(found.getKey(), requireNonNull(all.get(0)));
    return 0;
  }

  private int readOnly(Path node) {
    sysfs.setReadOnly(node.getFileName().toString());
    return 0;
  }
}
