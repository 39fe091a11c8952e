package io.vmstore.zfs.lio;

import io.vmstore.model.ChapSecrets;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's rules for its configfs tree, over a folder: making a folder makes its files, linked
 * or filled folders stay, devices are opened exclusively, a group that is disabled ends its
 * sessions (Linux 6.1, as seen in the lab). It fails the test when anybody could log in who must
 * not. Thread-safe.
 */
final class SimulatedLio implements Configfs {
  /** The machine stops in the middle. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Runs before an effect; may throw to make it fail. */
  interface Hook {
    void before(int number) throws IOException;
  }

  private static final String NO_SESSION = "No active iSCSI Session for Initiator Endpoint: ";

  /** What somebody made inside of something, by its path's end. */
  private static final Pattern MADE = Pattern.compile("(.*/)?(lun_\\d+|tpgt_\\d+|(np|acls)/[^/]+)");

  private final NioConfigfs files = new NioConfigfs();
  private final Path root;
  private final List<String> effects = new ArrayList<>();
  private final Map<Path, Path> backstoreByDevice = new HashMap<>();
  private final Set<Path> heldByOthers = new HashSet<>();
  private final Set<Path> stubborn = new HashSet<>();
  private final Set<String> deaf = new HashSet<>();
  private Hook beforeEffect = number -> {};
  private volatile Runnable opening = () -> {};
  private boolean discards = true;
  private int attempts;
  private int reads;

  SimulatedLio(Path root) {
    this.root = root;
  }

  /** Loads target_core_mod. */
  SimulatedLio boot() throws IOException {
    Files.createDirectories(root.resolve("core/alua"));
    Files.writeString(root.resolve("dbroot"), "/var/target\n");
    return this;
  }

  /** Numbers the effects from 0 again, and runs the hook before each. */
  synchronized void beforeEffect(Hook hook) {
    effects.clear();
    attempts = 0;
    beforeEffect = hook;
  }

  /** Runs whenever a device is to be opened, while other calls go on; may hang. */
  void whenOpening(Runnable during) {
    opening = during;
  }

  /** {@return how many files and folders were looked at so far} */
  synchronized int reads() {
    return reads;
  }

  synchronized List<String> effects() {
    return List.copyOf(effects);
  }

  synchronized void withoutDiscard() {
    discards = false;
  }

  synchronized void holdByOthers(Path device, boolean held) {
    if (held) {
      heldByOthers.add(device);
    } else {
      heldByOthers.remove(device);
    }
  }

  /** {@return whether the login was admitted} */
  synchronized boolean logIn(String iqn, String initiator) throws IOException {
    return logIn(iqn, initiator, null);
  }

  /** {@return whether the login was admitted, and the target proved what it was asked for} */
  synchronized boolean logIn(String iqn, String initiator, @Nullable ChapSecrets chap)
      throws IOException {
    Path group = root.resolve("iscsi").resolve(iqn).resolve("tpgt_1");
    Path acl = group.resolve("acls").resolve(initiator);
    boolean admitted =
        exists(group)
            && read(group.resolve("enable")).equals("1")
            && exists(acl)
            && !directories(group.resolve("np")).isEmpty()
            && proven(group, acl, chap);
    if (admitted) {
      attribute(
          acl.resolve("info"),
          "InitiatorName: " + initiator + "\nSession State: TARG_SESS_STATE_LOGGED_IN");
    }
    return admitted;
  }

  /** iscsi_target_nego.c, iscsi_conn_auth_required; iscsi_target_auth.c. */
  private boolean proven(Path group, Path acl, @Nullable ChapSecrets chap) throws IOException {
    String own = read(acl.resolve("attrib/authentication"));
    String decisive = own.equals("-1") ? read(group.resolve("attrib/authentication")) : own;
    if (decisive.equals("0")) {
      return chap == null;
    }
    if (chap == null) {
      return false;
    }
    String target = root.resolve("iscsi").relativize(group).getName(0).toString();
    return auth(acl, "userid").equals(acl.getFileName().toString())
        && auth(acl, "password").equals(chap.initiator())
        && (chap.target() == null
            || (auth(acl, "userid_mutual").equals(target)
                && auth(acl, "password_mutual").equals(chap.target())));
  }

  private String auth(Path acl, String name) throws IOException {
    String value = read(acl.resolve("auth").resolve(name));
    return value.startsWith("NULL") ? "" : value;
  }

  synchronized void logOut(String iqn, String initiator) throws IOException {
    Path acl = root.resolve("iscsi").resolve(iqn).resolve("tpgt_1/acls").resolve(initiator);
    stubborn.remove(acl);
    if (exists(acl)) {
      attribute(acl.resolve("info"), NO_SESSION + initiator);
    }
  }

  /** Writes to attributes of that name succeed and change nothing. */
  synchronized void ignoreWritesTo(String attribute) {
    deaf.add(attribute);
  }

  /** A session that disabling does not end at once. */
  synchronized void makeStubborn(String iqn, String initiator) {
    stubborn.add(root.resolve("iscsi").resolve(iqn).resolve("tpgt_1/acls").resolve(initiator));
  }

  /** {@return the objects anybody made, relative to the root} */
  synchronized List<String> objects() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isDirectory)
          .map(path -> root.relativize(path).toString())
          .filter(path -> path.matches("core/[a-z]+_\\d+(/[^/]+)?|iscsi/iqn[^/]+"))
          .sorted()
          .toList();
    }
  }

  @Override
  public synchronized void makeDirectory(Path directory) throws IOException {
    effect("mkdir " + root.relativize(directory));
    String path = root.relativize(directory).toString();
    if (path.equals("iscsi")) {
      files.makeDirectory(directory);
      attribute(directory.resolve("lio_version"), "Datera Inc. iSCSI Target v4.1.0");
      attribute(directory.resolve("cpus_allowed_list"), "0-3");
      Files.createDirectories(directory.resolve("discovery_auth"));
    } else if (path.matches("core/iblock_\\d+")) {
      files.makeDirectory(directory);
      attribute(directory.resolve("hba_info"), "HBA Index: 1 plugin: iblock version: v5.0");
    } else if (path.matches("core/iblock_\\d+/[^/]+")) {
      makeBackstore(directory);
    } else if (path.matches("iscsi/iqn\\.[^/]+")) {
      files.makeDirectory(directory);
      Files.createDirectories(directory.resolve("fabric_statistics"));
    } else if (path.matches("iscsi/[^/]+/tpgt_1")) {
      makeGroup(directory);
    } else {
      makeInGroup(directory, path);
    }
  }

  private void makeBackstore(Path backstore) throws IOException {
    files.makeDirectory(backstore);
    Files.createDirectories(backstore.resolve("wwn"));
    Files.createDirectories(backstore.resolve("attrib"));
    Files.createDirectories(backstore.resolve("alua/default_tg_pt_gp"));
    attribute(backstore.resolve("udev_path"), "");
    attribute(backstore.resolve("control"), "");
    attribute(backstore.resolve("enable"), "0");
    attribute(backstore.resolve("wwn/vpd_unit_serial"), "T10 VPD Unit Serial Number: ");
    attribute(backstore.resolve("attrib/emulate_tpu"), "0");
    attribute(backstore.resolve("attrib/emulate_3pc"), "1");
    attribute(backstore.resolve("attrib/max_unmap_block_desc_count"), "0");
  }

  private void makeGroup(Path group) throws IOException {
    files.makeDirectory(group);
    for (String folder : List.of("attrib", "param", "auth", "lun", "np", "acls")) {
      Files.createDirectories(group.resolve(folder));
    }
    attribute(group.resolve("enable"), "0");
    attribute(group.resolve("attrib/authentication"), "1");
    attribute(group.resolve("attrib/generate_node_acls"), "0");
    attribute(group.resolve("attrib/cache_dynamic_acls"), "0");
    attribute(group.resolve("attrib/demo_mode_write_protect"), "1");
    attribute(group.resolve("attrib/demo_mode_discovery"), "1");
  }

  private void makeInGroup(Path directory, String path) throws IOException {
    files.makeDirectory(directory);
    if (path.matches("iscsi/[^/]+/tpgt_1/lun/lun_\\d+")) {
      Files.createDirectories(directory.resolve("statistics"));
    } else if (path.matches("iscsi/[^/]+/tpgt_1/np/[^/]+:\\d+")) {
      attribute(directory.resolve("iser"), "0");
    } else if (path.matches("iscsi/[^/]+/tpgt_1/acls/iqn\\.[^/]+")) {
      makeAuthentication(directory);
      attribute(directory.resolve("info"), NO_SESSION + directory.getFileName());
      requireClosed(groupOf(directory));
    } else if (path.matches("iscsi/[^/]+/tpgt_1/acls/[^/]+/lun_\\d+")) {
      attribute(directory.resolve("write_protect"), "1");
    } else {
      throw new AssertionError("the kernel makes no object of " + path);
    }
  }

  private static void makeAuthentication(Path acl) throws IOException {
    Files.createDirectories(acl.resolve("attrib"));
    attribute(acl.resolve("attrib/authentication"), "-1");
    Files.createDirectories(acl.resolve("auth"));
    for (String name : List.of("userid", "password", "userid_mutual", "password_mutual")) {
      attribute(acl.resolve("auth").resolve(name), "");
    }
  }

  @Override
  public void write(Path attribute, String value) throws IOException {
    String path = root.relativize(attribute).toString();
    if (path.matches("core/.*/enable")) {
      opening.run();
    }
    writeAtOnce(attribute, path, value);
  }

  private synchronized void writeAtOnce(Path attribute, String path, String value)
      throws IOException {
    effect("write " + path + " = " + value);
    if (!Files.exists(attribute)) {
      throw new NoSuchFileException(attribute.toString());
    }
    if (path.matches("core/.*/enable")) {
      openDevice(attribute.resolve("..").normalize());
    } else if (path.endsWith("vpd_unit_serial")) {
      setSerial(attribute, value);
    } else if (path.endsWith("emulate_tpu") && value.equals("1") && !discards) {
      throw refused(attribute, "Function not implemented");
    } else if (path.endsWith("tpgt_1/enable")) {
      enable(attribute, value);
    } else if (path.contains("/auth/") && value.length() > 255) {
      throw refused(attribute, "Invalid argument");
    } else if (deaf.contains(attribute.getFileName().toString())) {
      effects.add("not taken");
    } else if (path.matches("core/.*/control")) {
      if (value.startsWith("udev_path=")) {
        Files.writeString(attribute, value);
      }
    } else {
      attribute(attribute, value);
    }
    requireClosed(groupOf(attribute));
  }

  private void openDevice(Path backstore) throws IOException {
    if (read(backstore.resolve("enable")).equals("1")) {
      throw refused(backstore, "File exists");
    }
    String control = Files.readString(backstore.resolve("control"));
    Path device = Path.of(control.substring("udev_path=".length()));
    if (!Files.exists(device)) {
      throw new NoSuchFileException(backstore.toString());
    }
    if (heldByOthers.contains(device) || backstoreByDevice.containsKey(device)) {
      throw refused(backstore, "Device or resource busy");
    }
    backstoreByDevice.put(device, backstore);
    attribute(backstore.resolve("enable"), "1");
    attribute(backstore.resolve("attrib/max_unmap_block_desc_count"), discards ? "1" : "0");
  }

  private void setSerial(Path attribute, String value) throws IOException {
    if (linkedFrom(attribute.resolve("../..").normalize())) {
      throw refused(attribute, "Invalid argument");
    }
    attribute(attribute, "T10 VPD Unit Serial Number: " + value);
  }

  private void enable(Path attribute, String value) throws IOException {
    if (read(attribute).equals(value)) {
      throw refused(attribute, "Invalid argument");
    }
    attribute(attribute, value);
    if (value.equals("0")) {
      for (Path acl : directories(attribute.resolveSibling("acls"))) {
        if (!stubborn.contains(acl)) {
          attribute(acl.resolve("info"), NO_SESSION + acl.getFileName());
        }
      }
    }
  }

  /** The promise: whoever can log in is on a list of one, sees the disk, and demo mode is off. */
  private void requireClosed(Path group) throws IOException {
    if (!exists(group.resolve("enable")) || !read(group.resolve("enable")).equals("1")) {
      return;
    }
    List<Path> acls = directories(group.resolve("acls"));
    boolean closed =
        read(group.resolve("attrib/generate_node_acls")).equals("0")
            && read(group.resolve("attrib/cache_dynamic_acls")).equals("0")
            && read(group.resolve("attrib/demo_mode_discovery")).equals("0")
            && acls.size() == 1
            && !links(acls.get(0).resolve("lun_0")).isEmpty()
            && !links(group.resolve("lun/lun_0")).isEmpty();
    if (!closed) {
      throw new AssertionError("enabled and open: " + effects);
    }
  }

  private Path groupOf(Path path) {
    Path relative = root.relativize(path);
    return relative.startsWith("iscsi") && relative.getNameCount() > 2
        ? root.resolve(relative.subpath(0, 3))
        : root;
  }

  @Override
  public synchronized void link(Path link, Path target) throws IOException {
    effect("link " + root.relativize(link) + " -> " + root.relativize(target));
    if (target.startsWith(root.resolve("core")) && !read(target.resolve("enable")).equals("1")) {
      throw refused(link, "No such device");
    }
    if (!target.isAbsolute() || !exists(target)) {
      throw new NoSuchFileException(link.toString(), target.toString(), null);
    }
    files.link(link, target);
  }

  @Override
  public synchronized void unlink(Path link) throws IOException {
    effect("unlink " + root.relativize(link));
    files.unlink(link);
  }

  @Override
  public synchronized void removeDirectory(Path directory) throws IOException {
    if (!exists(directory)) {
      return;
    }
    effect("rmdir " + root.relativize(directory));
    if (linkedFrom(directory)) {
      throw refused(directory, "Device or resource busy");
    }
    if (holdsObjects(directory)) {
      throw new DirectoryNotEmptyException(directory.toString());
    }
    backstoreByDevice.values().removeIf(directory::equals);
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Whether a link anywhere leads to it. */
  private boolean linkedFrom(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.filter(Files::isSymbolicLink).toList()) {
        if (Files.readSymbolicLink(path).equals(directory)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean holdsObjects(Path directory) throws IOException {
    if (root.relativize(directory).toString().matches("core/iblock_\\d+")) {
      return !directories(directory).isEmpty();
    }
    try (Stream<Path> all = Files.walk(directory)) {
      return all.skip(1)
          .anyMatch(
              path ->
                  Files.isSymbolicLink(path)
                      || MADE.matcher(directory.relativize(path).toString()).matches());
    }
  }

  private void effect(String text) throws IOException {
    beforeEffect.before(attempts++);
    effects.add(text);
  }

  /** Real attributes end with the end of a line. */
  private static void attribute(Path file, String value) throws IOException {
    Files.writeString(file, value + "\n");
  }

  private static FileSystemException refused(Path path, String reason) {
    return new FileSystemException(path.toString(), null, reason);
  }

  @Override
  public synchronized String read(Path attribute) throws IOException {
    reads++;
    return files.read(attribute);
  }

  @Override
  public synchronized boolean exists(Path path) {
    reads++;
    return files.exists(path);
  }

  @Override
  public synchronized List<Path> directories(Path parent, String beginning) throws IOException {
    reads++;
    return files.directories(parent, beginning);
  }

  @Override
  public synchronized List<Path> links(Path parent) throws IOException {
    reads++;
    return files.links(parent);
  }

  @Override
  public synchronized Path target(Path link) throws IOException {
    reads++;
    return files.target(link);
  }
}
