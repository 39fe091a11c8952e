package io.vmstore.iscsi;

import io.vmstore.error.VmStoreException;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
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
      return isAt(directory, 0);
    }

    /** What there is of it as a block device. */
    Path block() {
      return directory.resolve("block").resolve(name);
    }
  }

  /** Host, channel, target and, last, the LUN. */
  private static final Pattern DEVICE = Pattern.compile("[0-9]+:[0-9]+:[0-9]+:([0-9]+)");

  private static final Pattern BLANKS = Pattern.compile("\\s+");

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

  List<Session> sessions(TargetName target) {
    return sessions().stream().filter(session -> session.target().equals(target.value())).toList();
  }

  /** The sessions of a target that were made over one of its portals. */
  List<Session> sessions(TargetName target, Portal portal) {
    return sessions(target).stream().filter(session -> portals(session).contains(portal)).toList();
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
    for (Path device : devices(session)) {
      for (Path block : children(device.resolve("block"))) {
        disks.add(new Disk(device, name(block)));
      }
    }
    return disks;
  }

  /**
   * The disk at a LUN, as the kernel counts them.
   *
   * @see io.vmstore.managed.IscsiPath#lun
   */
  Optional<Disk> disk(Session session, int lun) {
    return disks(session).stream().filter(disk -> isAt(disk.directory(), lun)).findFirst();
  }

  /** Whether the kernel has found something at the LUN, which is a disk a moment later. */
  boolean has(Session session, int lun) {
    return devices(session).stream().anyMatch(device -> isAt(device, lun));
  }

  /** The SCSI devices at all LUNs, by their directories; not all are disks. */
  List<Path> devices(Session session) {
    List<Path> devices = new ArrayList<>();
    for (Path target : children(classEntry(session).resolve("device"))) {
      if (name(target).startsWith("target")) {
        children(target).stream()
            .filter(device -> DEVICE.matcher(name(device)).matches())
            .forEach(devices::add);
      }
    }
    return devices;
  }

  private static boolean isAt(Path device, int lun) {
    Matcher matcher = DEVICE.matcher(name(device));
    return matcher.matches() && matcher.group(1).equals(Integer.toString(lun));
  }

  boolean present(Disk disk) {
    return Files.exists(disk.block());
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

  /**
   * The name that the disk gives itself (SPC-4, VPD page 0x83), in the form of udev's scsi_id and
   * of multipath: {@code naa.6001405...} is {@code 36001405...}. The kernel read it when it found
   * the disk, or at the last {@link #rescan}.
   */
  Optional<String> wwn(Disk disk) {
    return wwn(disk.directory());
  }

  private static Optional<String> wwn(Path device) {
    // drivers/scsi/scsi_lib.c, scsi_vpd_lun_id; the digits are scsi_id's types of a name.
    return text(device.resolve("wwid"))
        .flatMap(
            wwid -> {
              int dot = wwid.indexOf('.');
              String name = BLANKS.matcher(wwid.substring(dot + 1)).replaceAll("_");
              return switch (wwid.substring(0, Math.max(0, dot))) {
                case "naa" -> Optional.of("3" + name);
                case "eui" -> Optional.of("2" + name);
                case "t10" -> Optional.of("1" + name);
                case "name" -> Optional.of("8" + name);
                default -> Optional.empty();
              };
            });
  }

  /** The same, of a disk of which only the kernel's name is known. */
  Optional<String> wwnOf(String name) {
    return wwn(block(name).resolve("device"));
  }

  /** Whether the disk answers: {@code running}, and not {@code blocked} or offline. */
  boolean running(Disk disk) {
    return text(disk.directory().resolve("state")).filter("running"::equals).isPresent();
  }

  Optional<ByteSize> size(Disk disk) {
    return size(disk.block());
  }

  /** The size of any block device. */
  Optional<ByteSize> size(String name) {
    return size(block(name));
  }

  /** The size of what is at {@link #block} or {@link Disk#block}. */
  Optional<ByteSize> size(Path block) {
    return text(block.resolve("size")).flatMap(Sysfs::bytes);
  }

  /** Whether the block device refuses writes. */
  boolean readOnly(String name) {
    return text(block(name).resolve("ro")).filter("1"::equals).isPresent();
  }

  /** {@code major:minor} of what is at {@link #block} or {@link Disk#block}. */
  Optional<String> number(Path block) {
    return text(block.resolve("dev"));
  }

  /** The names of the block devices on top of a disk. */
  List<String> holders(Disk disk) {
    return children(disk.block().resolve("holders")).stream().map(Sysfs::name).toList();
  }

  /** The names of the block devices below one. */
  List<String> slaves(String name) {
    return children(block(name).resolve("slaves")).stream().map(Sysfs::name).toList();
  }

  /** The names of device-mapper's devices. */
  List<String> mapped() {
    return children(root.resolve("class/block")).stream()
        .map(Sysfs::name)
        .filter(name -> name.startsWith("dm-"))
        .toList();
  }

  /** What device-mapper says of a device, such as its {@code name} or {@code uuid}. */
  Optional<String> mapped(String name, String attribute) {
    return text(block(name).resolve("dm").resolve(attribute));
  }

  /** What there is of any block device, by the kernel's name. */
  Path block(String name) {
    return root.resolve("class/block").resolve(name);
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

  /**
   * Has the kernel look for LUN 0 of a session. Channel and target are 0: iscsi_tcp makes a host of
   * its own for each session and numbers its one target 0 (drivers/scsi/iscsi_tcp.c).
   */
  void scan(Session session) throws IOException {
    scan(session, 0);
  }

  /** The same, for another LUN. */
  void scan(Session session, int lun) throws IOException {
    String host = name(classEntry(session).resolve("device").resolve("..").toRealPath());
    writer.write(root.resolve("class/scsi_host").resolve(host).resolve("scan"), "0 0 " + lun);
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
    String[] names = directory.toFile().list();
    return names == null
        ? List.of()
        : Arrays.stream(names).sorted().map(directory::resolve).toList();
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
