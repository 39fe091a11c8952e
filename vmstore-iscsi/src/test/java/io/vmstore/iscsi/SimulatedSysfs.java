package io.vmstore.iscsi;

import io.vmstore.model.Portal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Writes the tree that the kernel shows for iSCSI sessions (seen on Linux 6.1). */
final class SimulatedSysfs {
  private static final int SECTOR_BYTES = 512;

  private final Path root;
  private volatile Consumer<Runnable> probing = Runnable::run;

  SimulatedSysfs(Path root) {
    this.root = root;
    directory(root.resolve("class/iscsi_session"));
    directory(root.resolve("class/iscsi_connection"));
    directory(root.resolve("class/scsi_host"));
    directory(root.resolve("class/block"));
  }

  void addSession(int number, String target, Portal portal) {
    Path session = sessionDirectory(number);
    Path classDirectory = directory(session.resolve("iscsi_session/session" + number));
    text(classDirectory.resolve("targetname"), target);
    text(classDirectory.resolve("state"), "LOGGED_IN");
    link(classDirectory.resolve("device"), Path.of("../../../session" + number));
    String name = "connection" + number + ":0";
    Path connection = directory(session.resolve(name + "/iscsi_connection/" + name));
    text(connection.resolve("persistent_address"), portal.address());
    text(connection.resolve("persistent_port"), Integer.toString(portal.port()));
    Path host =
        directory(root.resolve("devices/platform/host" + number + "/scsi_host/host" + number));
    link(root.resolve("class/scsi_host/host" + number), host);
    link(root.resolve("class/iscsi_connection/" + name), connection);
    // Last, because whoever sees a session reads what belongs to it.
    link(root.resolve("class/iscsi_session/session" + number), classDirectory);
  }

  void setState(int number, String state) {
    text(root.resolve("class/iscsi_session/session" + number + "/state"), state);
  }

  /** What the SCSI device of a disk says of itself. */
  void setState(int number, int lun, String state) {
    text(deviceDirectory(number, lun).resolve("state"), state);
  }

  void removeSession(int number) {
    delete(root.resolve("class/iscsi_session/session" + number));
    delete(root.resolve("class/iscsi_connection/connection" + number + ":0"));
    delete(root.resolve("class/scsi_host/host" + number));
    delete(root.resolve("devices/platform/host" + number));
  }

  void addDisk(int number, int lun, String name, Identity identity) {
    Path growing = directory(root.resolve("growing-" + number + "-" + lun));
    text(growing.resolve("state"), "running");
    directory(growing.resolve("block/" + name + "/holders"));
    text(growing.resolve("block/" + name + "/dev"), number(name));
    text(growing.resolve("block/" + name + "/ro"), "0");
    identify(growing, name, identity);
    Path device = deviceDirectory(number, lun);
    link(growing.resolve("block/" + name + "/device"), device);
    link(root.resolve("class/block").resolve(name), device.resolve("block").resolve(name));
    directory(targetDirectory(number));
    Path probed = root.resolve("probed-" + number + "-" + lun);
    move(growing.resolve("block"), probed);
    move(growing, device);
    probing.accept(() -> move(probed, device.resolve("block")));
  }

  /** Who makes a disk of what a scan has found, and when; at once by default. */
  void probing(Consumer<Runnable> newProbing) {
    probing = newProbing;
  }

  /** What the kernel reads from a disk when it finds it, and at a rescan. */
  record Identity(String serial, String wwid, long bytes) {}

  void rescanDisk(int number, int lun, String name, Identity identity) {
    identify(deviceDirectory(number, lun), name, identity);
  }

  private static void identify(Path device, String name, Identity identity) {
    binary(device.resolve("vpd_pg80"), page80(identity.serial()));
    text(device.resolve("wwid"), identity.wwid());
    text(
        device.resolve("block").resolve(name).resolve("size"),
        Long.toString(identity.bytes() / SECTOR_BYTES));
  }

  /** Sixteen minor numbers a disk, as sd counts; one a mapped device. */
  static String number(String name) {
    return name.startsWith("dm-")
        ? "253:" + name.substring("dm-".length())
        : "8:" + 16 * (name.charAt(2) - 'a');
  }

  void removeDisk(int number, int lun, String name) {
    delete(root.resolve("class/block").resolve(name));
    delete(deviceDirectory(number, lun));
  }

  void addMapped(String device, String name, String uuid) {
    Path growing = directory(root.resolve("growing-" + device));
    directory(growing.resolve("slaves"));
    directory(growing.resolve("dm"));
    text(growing.resolve("dm/name"), name);
    text(growing.resolve("dm/uuid"), uuid);
    text(growing.resolve("dev"), number(device));
    text(growing.resolve("ro"), "0");
    text(growing.resolve("size"), "0");
    move(growing, root.resolve("class/block").resolve(device));
  }

  void setSlave(String device, String disk, boolean there) {
    Path slave = root.resolve("class/block").resolve(device).resolve("slaves").resolve(disk);
    Path holder = root.resolve("class/block").resolve(disk).resolve("holders").resolve(device);
    if (there) {
      directory(slave);
      directory(holder);
    } else {
      delete(slave);
      delete(holder);
    }
  }

  void removeMapped(String device) {
    delete(root.resolve("class/block").resolve(device));
  }

  void setSize(String device, long bytes) {
    text(
        root.resolve("class/block").resolve(device).resolve("size"),
        Long.toString(bytes / SECTOR_BYTES));
  }

  void setReadOnly(String device) {
    text(root.resolve("class/block").resolve(device).resolve("ro"), "1");
  }

  /** The page as LIO builds it: the length counts the NUL at the end. */
  static byte[] page80(String serial) {
    byte[] ascii = (serial + "\0").getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(4 + ascii.length)
        .put((byte) 0)
        .put((byte) 0x80)
        .putShort((short) ascii.length)
        .put(ascii)
        .array();
  }

  private Path sessionDirectory(int number) {
    return root.resolve("devices/platform/host" + number + "/session" + number);
  }

  private Path deviceDirectory(int number, int lun) {
    return targetDirectory(number).resolve(number + ":0:0:" + lun);
  }

  private Path targetDirectory(int number) {
    return sessionDirectory(number).resolve("target" + number + ":0:0");
  }

  static Path directory(Path path) {
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path path) {
    if (!Files.exists(path) && !Files.isSymbolicLink(path)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(path)) {
      List<Path> upwards = tree.sorted(Comparator.reverseOrder()).toList();
      for (Path each : upwards) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void text(Path path, String text) {
    binary(path, (text + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private static void binary(Path path, byte[] bytes) {
    try {
      Files.write(path, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void link(Path path, Path target) {
    try {
      Files.createSymbolicLink(path, target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
