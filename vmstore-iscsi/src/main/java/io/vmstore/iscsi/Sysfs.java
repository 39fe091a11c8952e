package io.vmstore.iscsi;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The kernel's iSCSI sessions and their disks, as sysfs shows them (drivers/scsi/
 * scsi_transport_iscsi.c, scsi_sysfs.c). What vanishes while it is read is absent, not an error.
 *
 * <p>A disk is always reached through its session's own directory and never through its name. The
 * kernel gives all of these away again once they are free: names such as {@code sda}, and numbers
 * of hosts and sessions. So whoever acts on what was read asks {@link #stands} again at the end; a
 * disk that is held open keeps its host's number and is safe without.
 */
final class Sysfs {
  /** Puts a value into an attribute. Blocks as long as the kernel takes to act on it. */
  @FunctionalInterface
  interface AttributeWriter {
    void write(Path attribute, String value) throws IOException;
  }

  /**
   * A session.
   *
   * @param name such as {@code session3}
   * @param target the name of the target it belongs to, exactly as the kernel has it
   */
  record Session(String name, String target) {}

  /**
   * The disk of a session.
   *
   * @param directory the SCSI device's own directory below its session
   * @param name the kernel's name, such as {@code sda}
   */
  record Disk(Path directory, String name) {
    boolean isLun0() {
      return LUN_0.matcher(Sysfs.name(directory)).matches();
    }
  }

  /** Host, channel, target and, last, the LUN. */
  private static final Pattern LUN_0 = Pattern.compile("[0-9]+:[0-9]+:[0-9]+:0");

  private static final Pattern PADDING = Pattern.compile("^ +|[ \\x00]+$");
  private static final Pattern SECTORS = Pattern.compile("[1-9][0-9]{0,18}");
  private static final int SECTOR_BYTES = 512;
  private static final int PAGE_HEADER_BYTES = 4;

  private final Path root;
  private final AttributeWriter writer;

  Sysfs(Path root, AttributeWriter writer) {
    this.root = root;
    this.writer = writer;
  }

  /** The sysfs of this machine. */
  static Sysfs ofThisMachine() {
    return new Sysfs(
        Path.of("/sys"),
        (attribute, value) ->
            // Neither created nor truncated: an attribute that is gone stays gone.
            Files.writeString(attribute, value, StandardOpenOption.WRITE));
  }

  List<Session> sessions() {
    List<Session> sessions = new ArrayList<>();
    for (Path entry : children(root.resolve("class/iscsi_session"))) {
      text(entry.resolve("targetname"))
          .ifPresent(target -> sessions.add(new Session(name(entry), target)));
    }
    return sessions;
  }

  List<Session> sessions(Iqn target) {
    return sessions().stream().filter(session -> session.target().equals(target.value())).toList();
  }

  /** Whether the session is still the one that was found, and its number not given away again. */
  boolean stands(Session session) {
    return text(classEntry(session).resolve("targetname"))
        .filter(session.target()::equals)
        .isPresent();
  }

  /** {@code LOGGED_IN}, {@code FAILED} or {@code FREE}; {@code absent} when the session is gone. */
  String state(Session session) {
    return text(classEntry(session).resolve("state")).orElse("absent");
  }

  boolean loggedIn(Session session) {
    return state(session).equals("LOGGED_IN");
  }

  /** The portals as they were asked for, not those that a target may have redirected to. */
  List<Portal> portals(Session session) {
    String connections = session.name().replace("session", "connection") + ":";
    List<Portal> portals = new ArrayList<>();
    for (Path entry : children(root.resolve("class/iscsi_connection"))) {
      if (name(entry).startsWith(connections)) {
        portal(entry).ifPresent(portals::add);
      }
    }
    return portals;
  }

  private static Optional<Portal> portal(Path connection) {
    try {
      return text(connection.resolve("persistent_address"))
          .flatMap(
              address ->
                  text(connection.resolve("persistent_port"))
                      .map(port -> new Portal(address, Integer.parseInt(port))));
    } catch (VmStoreException | NumberFormatException e) {
      return Optional.empty(); // a host name, or "(null)" before the login is through
    }
  }

  /** The disk at LUN 0, the only one that vmstore exports. */
  Optional<Disk> disk(Session session) {
    return disks(session).stream().filter(Disk::isLun0).findFirst();
  }

  /** The disks at all LUNs. */
  List<Disk> disks(Session session) {
    List<Disk> disks = new ArrayList<>();
    for (Path target : children(classEntry(session).resolve("device"))) {
      if (name(target).startsWith("target")) {
        for (Path device : children(target)) {
          for (Path block : children(device.resolve("block"))) {
            disks.add(new Disk(device, name(block)));
          }
        }
      }
    }
    return disks;
  }

  boolean present(Disk disk) {
    return Files.exists(disk.directory().resolve("block").resolve(disk.name()));
  }

  /**
   * The unit serial number (SPC-4, VPD page 0x80) that the kernel read when it found the disk: two
   * bytes of kind and page, two of length, then ASCII. LIO counts a closing NUL in; other targets
   * pad with blanks. Nothing else is taken off, so that a serial is never made equal to another.
   */
  Optional<String> serial(Disk disk) {
    try {
      ByteBuffer page = ByteBuffer.wrap(Files.readAllBytes(disk.directory().resolve("vpd_pg80")));
      if (page.limit() < PAGE_HEADER_BYTES) {
        return Optional.empty();
      }
      int length = Math.min(page.getShort(2) & 0xffff, page.limit() - PAGE_HEADER_BYTES);
      String serial =
          new String(page.array(), PAGE_HEADER_BYTES, length, StandardCharsets.US_ASCII);
      return Optional.of(PADDING.matcher(serial).replaceAll(""));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  Optional<ByteSize> size(Disk disk) {
    return text(disk.directory().resolve("block").resolve(disk.name()).resolve("size"))
        .flatMap(Sysfs::bytes);
  }

  /** A size that is none, or 0 as that of a disk whose medium was not read yet, is absent. */
  private static Optional<ByteSize> bytes(String sectors) {
    try {
      return SECTORS.matcher(sectors).matches()
          ? Optional.of(new ByteSize(Math.multiplyExact(Long.parseLong(sectors), SECTOR_BYTES)))
          : Optional.empty();
    } catch (NumberFormatException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** {@code major:minor}. */
  Optional<String> number(Disk disk) {
    return text(disk.directory().resolve("block").resolve(disk.name()).resolve("dev"));
  }

  /**
   * Has the kernel look for LUN 0 of a session. Channel and target are 0: iscsi_tcp makes a host of
   * its own for each session and numbers its one target 0 (drivers/scsi/iscsi_tcp.c).
   */
  void scan(Session session) throws IOException {
    String host = name(classEntry(session).resolve("device").resolve("..").toRealPath());
    writer.write(root.resolve("class/scsi_host").resolve(host).resolve("scan"), "0 0 0");
  }

  /**
   * Has the kernel ask the disk anew for its name, its serial number and its size (scsi_scan.c,
   * scsi_rescan_device). Nothing else shows that another disk was put behind its LUN.
   */
  void rescan(Disk disk) throws IOException {
    writer.write(disk.directory().resolve("rescan"), "1");
  }

  /** Removes the disk from the kernel. */
  void delete(Disk disk) throws IOException {
    writer.write(disk.directory().resolve("delete"), "1");
  }

  private Path classEntry(Session session) {
    return root.resolve("class/iscsi_session").resolve(session.name());
  }

  private static Optional<String> text(Path attribute) {
    try {
      return Optional.of(Files.readString(attribute, StandardCharsets.US_ASCII).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static List<Path> children(Path directory) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(children::add);
    } catch (IOException | DirectoryIteratorException e) {
      return List.of();
    }
    children.sort(Comparator.naturalOrder());
    return children;
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
