package io.vmstore.iscsi;

import static java.util.Objects.requireNonNull;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.iscsi.OpenIscsiVolumeConfig.Multipathing;
import io.vmstore.managed.ChapLogin;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A compute node with open-iscsi, and the targets it can reach. It keeps node records and sessions
 * as iscsid does, and shows them in a sysfs; a device node is a link to the file that holds the
 * volume's bytes. Disk names are given out lowest first, so a name is used again at once, as on
 * Linux.
 */
final class SimulatedHost implements CommandRunner {
  static final Portal PORTAL = Portal.parse("192.0.2.1:3260");
  static final Iqn INITIATOR = new Iqn("iqn.1993-08.org.debian:01:compute1");

  /** A target of some NAS. */
  static final class SimulatedTarget {
    final Target target;
    final String serial;
    ByteSize size;
    Iqn admits = INITIATOR;
    @Nullable ChapSecrets secrets;
    volatile boolean hidden;
    boolean secondLun;

    /** Instead of LUN 0 as it is above, when there is any. */
    final Map<Integer, SimulatedLun> luns = new TreeMap<>();

    @Nullable ChapLogin login;

    SimulatedTarget(Target target, String serial, ByteSize size) {
      this.target = target;
      this.serial = serial;
      this.size = size;
    }
  }

  /** A disk behind a target. */
  static final class SimulatedLun {
    String serial;
    ByteSize size;
    volatile boolean hidden;

    SimulatedLun(String serial, ByteSize size) {
      this.serial = serial;
      this.size = size;
    }

    /** LIO's form: its vendor number, then what the serial number gives. */
    String wwid() {
      return String.format("naa.6001405%025x", serial.hashCode() & 0xffffffffL);
    }

    SimulatedSysfs.Identity identity() {
      return new SimulatedSysfs.Identity(serial, wwid(), size.bytes());
    }
  }

  private static final class SimulatedSession {
    final int number;
    final String target;
    final Portal portal;
    final Map<Integer, String> disks = new TreeMap<>();

    SimulatedSession(int number, String target, Portal portal) {
      this.number = number;
      this.target = target;
      this.portal = portal;
    }
  }

  private final Path root;
  private final SimulatedSysfs sysfs;
  private final Map<String, SimulatedTarget> targets = new HashMap<>();
  private final Map<String, String> pages = new HashMap<>();
  private final Set<List<String>> arguments = new HashSet<>();
  private final Map<Integer, SimulatedSession> sessions = new TreeMap<>();
  private final Set<Portal> silent = ConcurrentHashMap.newKeySet();
  private final List<String> events = new ArrayList<>();
  private final SimulatedMultipath multipath;
  private final Map<Path, String> openers = new ConcurrentHashMap<>();
  private final Set<Path> passing = ConcurrentHashMap.newKeySet();
  private final Set<Path> mounts = ConcurrentHashMap.newKeySet();
  private final Map<Integer, CommandRunner> faults = new HashMap<>();
  private final Set<String> failingEffects = new HashSet<>();
  private volatile CountDownLatch stuckFlush = new CountDownLatch(0);
  private boolean grouped;
  private int commands;
  private int nextNumber = 1;

  SimulatedHost(Path root) throws IOException {
    this.root = root;
    this.sysfs = new SimulatedSysfs(root.resolve("sys"));
    this.multipath = new SimulatedMultipath(root, sysfs, openers::containsKey);
    Files.createDirectories(root.resolve("dev"));
    Files.createDirectories(root.resolve("volumes"));
    configure("");
    Files.writeString(root.resolve("initiatorname.iscsi"), "InitiatorName=" + INITIATOR + "\n");
  }

  OpenIscsiConfig config() {
    return OpenIscsiConfig.defaults()
        .withInitiatorNameFile(root.resolve("initiatorname.iscsi"))
        .withLinkDirectory(root.resolve("links"));
  }

  OpenIscsiTargetConnector connector() {
    return new OpenIscsiTargetConnector(config(), machine());
  }

  OpenIscsiTargetConnector connectorWithRecordsIn(List<Path> databases) {
    return new OpenIscsiTargetConnector(config(), machine(records(databases)));
  }

  Machine machine() {
    return machine(records(List.of(root.resolve("absent"), nodes())));
  }

  private NodeRecords records(List<Path> databases) {
    return new NodeRecords(databases, List.of(root.resolve("iscsid.conf")));
  }

  /** Writes what new records begin with. */
  void configure(String setting) throws IOException {
    Files.writeString(root.resolve("iscsid.conf"), setting);
  }

  private Machine machine(NodeRecords records) {
    return new Machine(
        new Iscsiadm(this, () -> {}),
        records,
        new Sysfs(root.resolve("sys"), this::write),
        root.resolve("dev"),
        node -> Optional.of(Files.isSymbolicLink(node) ? number(node) : "0:0"),
        this::claim,
        this::holders);
  }

  OpenIscsiVolumeConnector volumeConnector(Multipathing multipathing) {
    Programs programs = new Programs(this);
    Sysfs view = new Sysfs(root.resolve("sys"), this::write);
    Machine base = machine();
    return new OpenIscsiVolumeConnector(
        OpenIscsiVolumeConfig.defaults()
            .withInitiatorNameFile(root.resolve("initiatorname.iscsi"))
            .withLinkDirectory(root.resolve("links"))
            .withMultipath(multipathing),
        new VolumeMachine(
            base,
            programs,
            new Multipath(programs, view),
            new TargetLocks(root.resolve("locks")),
            Duration.ofMillis(700)));
  }

  SimulatedSysfs sysfs() {
    return sysfs;
  }

  SimulatedMultipath multipath() {
    return multipath;
  }

  // The NAS's side.

  synchronized SimulatedTarget export(String name, VolumeId id) {
    return export(name, id, PORTAL);
  }

  synchronized SimulatedTarget export(String name, VolumeId id, Portal... portals) {
    return export(name, id.toString(), portals);
  }

  synchronized SimulatedTarget export(String name, String serial, Portal... portals) {
    Target target = new Target(iqn(name), List.of(portals));
    SimulatedTarget exported = new SimulatedTarget(target, serial, ByteSize.mebibytes(1));
    targets.put(target.iqn().value(), exported);
    allocate(target.iqn().value(), exported.size);
    return exported;
  }

  /** Puts a disk behind a target, which is made when it is not there. */
  synchronized SimulatedTarget expose(String name, int lun, SimulatedLun disk, Portal... portals) {
    SimulatedTarget exported = targets.get(iqn(name).value());
    if (exported == null) {
      exported = new SimulatedTarget(new Target(iqn(name), List.of(portals)), "", disk.size);
      targets.put(iqn(name).value(), exported);
    }
    exported.luns.put(lun, disk);
    allocate(disk.serial, disk.size);
    return exported;
  }

  private void allocate(String volume, ByteSize size) {
    try (RandomAccessFile file = new RandomAccessFile(volume(volume).toFile(), "rw")) {
      file.setLength(size.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts another disk in the place of one; the kernel sees it at its next look. */
  synchronized void swap(SimulatedLun disk, String serial) {
    disk.serial = serial;
    allocate(serial, disk.size);
  }

  static Iqn iqn(String name) {
    return new Iqn("iqn.2026-11.io.vmstore:" + name);
  }

  /** Ends the export; the sessions lose their connection, and what is under way waits. */
  synchronized void unexport(Iqn target) {
    targets.remove(target.value());
    loseConnections(target);
  }

  synchronized void loseConnections(Iqn target) {
    sessionsOf(target.value()).forEach(session -> setState(session, "FAILED", "blocked"));
  }

  synchronized void regainConnections(Iqn target) {
    sessionsOf(target.value()).forEach(session -> setState(session, "LOGGED_IN", "running"));
  }

  private void setState(SimulatedSession session, String state, String ofDisks) {
    sysfs.setState(session.number, state);
    session.disks.keySet().forEach(lun -> sysfs.setState(session.number, lun, ofDisks));
  }

  /** Takes a portal off the network. */
  synchronized void cut(Portal portal) {
    silence(portal);
    sessions.values().stream()
        .filter(session -> session.portal.equals(portal))
        .forEach(session -> setState(session, "FAILED", "blocked"));
  }

  synchronized void restore(Portal portal) {
    silent.remove(portal);
    sessions.values().stream()
        .filter(session -> session.portal.equals(portal))
        .filter(session -> targets.containsKey(session.target))
        .forEach(session -> setState(session, "LOGGED_IN", "running"));
  }

  /** The volume grows, which its initiator does not notice. */
  synchronized void grow(Iqn target, ByteSize size) {
    requireNonNull(targets.get(target.value())).size = size;
  }

  /** Lets the target show another disk to whoever logs in from now on. */
  synchronized void swapSerial(Iqn target, String serial) {
    pages.put(target.value(), serial);
  }

  void silence(Portal portal) {
    silent.add(portal);
  }

  // Accidents of this machine.

  /** Replaces what the nth iscsiadm from now on does; 1 is the next. */
  synchronized void onCommand(int nth, CommandRunner fault) {
    faults.put(commands + nth, fault);
  }

  /** Lets a write to a sysfs attribute of that name fail. */
  synchronized void failEffect(String attribute) {
    failingEffects.add(attribute);
  }

  /** Lets flushes wait until the latch is released. */
  void stickFlush(CountDownLatch latch) {
    stuckFlush = latch;
  }

  void open(Path node, String holder) {
    openers.put(node, holder);
  }

  /** Opens a device for so short a time that it is seen once. */
  void openInPassing(Path node, String holder) {
    open(node, holder);
    passing.add(node);
  }

  void letGo(Path node) {
    openers.remove(node);
  }

  /** Claims the device so that no process shows it. */
  void mount(Path node) {
    mounts.add(node);
  }

  // What is there.

  synchronized List<String> events() {
    return List.copyOf(events);
  }

  /** The actions of the iscsiadm runs so far. */
  synchronized List<String> programs() {
    return events.stream().filter(event -> event.startsWith("iscsiadm ")).toList();
  }

  synchronized boolean connected(Iqn target) {
    return !sessionsOf(target.value()).isEmpty();
  }

  synchronized Map<String, String> record(Iqn target, Portal portal) {
    Path file = recordFile(target.value(), portal);
    return Files.exists(file) ? read(file) : Map.of();
  }

  Path recordFile(Iqn target, Portal portal) {
    return recordFile(target.value(), portal);
  }

  /** As when the portal group is known. */
  private Path recordFile(String target, Portal portal) {
    String name = portal.address() + "," + portal.port();
    Path folder = nodes().resolve(target);
    return grouped ? folder.resolve(name + ",1").resolve("default") : folder.resolve(name);
  }

  /** From now on records are files in folders. */
  void knowGroups() {
    grouped = true;
  }

  Path nodes() {
    return root.resolve("nodes");
  }

  /** All arguments of all programs so far. */
  synchronized String arguments() {
    return arguments.toString();
  }

  /** Whatever a connection could leave behind: sessions, records, nodes, links. */
  synchronized List<String> remains() {
    List<String> remains = new ArrayList<>();
    sessions.values().forEach(session -> remains.add("session of " + session.target));
    names(nodes()).forEach(target -> remains.add("record of " + target));
    names(root.resolve("dev")).stream()
        .filter(name -> !name.equals("mapper"))
        .forEach(remains::add);
    remains.addAll(names(root.resolve("dev/mapper")));
    remains.addAll(names(root.resolve("links")));
    return remains;
  }

  private static List<String> names(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? List.of() : List.of(names);
  }

  // iscsiadm.

  @Override
  public CommandResult run(Command command, Deadline deadline) {
    if (Thread.currentThread().isInterrupted()) {
      throw VmStoreException.builder(ErrorCode.CANCELLED, "cannot run '" + command + "'")
          .outcomeUnknown(true)
          .build();
    }
    CommandRunner fault;
    synchronized (this) {
      commands++;
      fault = faults.remove(commands);
    }
    return fault == null ? act(command, deadline) : fault.run(command, deadline);
  }

  /** Does what the command says. */
  CommandResult act(Command command, Deadline deadline) {
    synchronized (this) {
      arguments.add(command.arguments());
    }
    if (!command.arguments().get(0).equals("iscsiadm")) {
      return exit(multipath(command.arguments())).run(command, deadline);
    }
    int exitCode = exitCode(command.arguments());
    if (exitCode < 0) {
      hang(command, deadline);
    }
    return exit(exitCode).run(command, deadline);
  }

  private synchronized int multipath(List<String> arguments) {
    events.add(String.join(" ", arguments));
    return multipath.run(arguments);
  }

  /** A program that does nothing and ends with that code. */
  static CommandRunner exit(int exitCode) {
    return (command, deadline) ->
        new CommandResult(command, exitCode, "", exitCode == 0 ? "" : "iscsiadm: x", Duration.ZERO);
  }

  /** A program that never ends by itself. */
  static CommandResult hang(Command command, Deadline deadline) {
    while (!deadline.passed() && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(deadline.remaining().toNanos());
    }
    ErrorCode code = deadline.passed() ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.CANCELLED;
    throw VmStoreException.builder(code, "cannot run '" + command + "'")
        .outcomeUnknown(true)
        .build();
  }

  private synchronized int exitCode(List<String> arguments) {
    assertPrefix(arguments);
    String target = arguments.get(4);
    List<String> action = arguments.subList(5, arguments.size());
    String portal = "";
    if (action.get(0).equals("-p")) {
      portal = action.get(1);
      action = action.subList(2, action.size());
    }
    events.add("iscsiadm " + action.get(action.size() == 1 ? 0 : 1));
    return switch (action.get(action.size() == 1 ? 0 : 1)) {
      case "new" -> create(target, portal);
      case "--login" -> login(target, portal);
      case "--logout" -> logout(target, portal);
      case "delete" -> delete(target, portal);
      default -> throw new AssertionError("not an action of iscsiadm: " + action);
    };
  }

  private static void assertPrefix(List<String> arguments) {
    if (!arguments.subList(0, 4).equals(List.of("iscsiadm", "-m", "node", "-T"))) {
      throw new AssertionError("not a node command: " + arguments);
    }
  }

  private int create(String target, String portal) {
    Map<String, String> defaults = new TreeMap<>();
    Portal at = Portal.parse(portal);
    defaults.put("node.name", target);
    defaults.put("node.conn[0].address", at.address());
    defaults.put("node.conn[0].port", Integer.toString(at.port()));
    defaults.put("node.configured", configured());
    defaults.put("node.startup", "automatic");
    defaults.put("node.session.scan", "auto");
    defaults.put("node.session.initial_login_retry_max", "8");
    defaults.put("node.conn[0].timeo.login_timeout", "15");
    defaults.put("node.session.auth.authmethod", "None");
    defaults.put("node.session.auth.username_in", "of-iscsid-conf");
    defaults.put("node.session.auth.chap_algs", "MD5");
    write(recordFile(target, at), defaults);
    return 0;
  }

  private String configured() {
    try {
      return Files.readString(root.resolve("iscsid.conf"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int login(String target, String portal) {
    Path file = recordFile(target, Portal.parse(portal));
    if (!Files.exists(file)) {
      return 21;
    }
    Map<String, String> record = read(file);
    if (!target.equals(record.get("node.name"))) {
      throw new AssertionError("the record of " + record.get("node.name") + " for " + target);
    }
    if (!sessionsOf(target, portal).isEmpty()) {
      return 15;
    }
    int refusal = refusal(target, Portal.parse(portal), record);
    if (refusal != 0) {
      boolean once = record.getOrDefault("node.session.initial_login_retry_max", "").equals("0");
      return once || refusal == 24 ? refusal : -1;
    }
    addSession(target, Portal.parse(portal), !record.containsValue("manual"));
    return 0;
  }

  private int refusal(String target, Portal portal, Map<String, String> record) {
    SimulatedTarget exported = targets.get(target);
    if (silent.contains(portal)) {
      return 8;
    }
    if (exported == null || !exported.target.portals().contains(portal)) {
      return 5;
    }
    if (!exported.admits.equals(INITIATOR) || !proven(exported, record)) {
      return 24;
    }
    return provenByTarget(exported, record) ? 0 : 19; // as seen in the lab
  }

  private static boolean proven(SimulatedTarget exported, Map<String, String> record) {
    String auth = "node.session.auth.";
    ChapSecrets secrets = exported.secrets;
    boolean chap = "CHAP".equals(record.get(auth + "authmethod"));
    ChapLogin login = exported.login;
    if (login != null) {
      return chap
          && login.username().equals(record.get(auth + "username"))
          && login.password().equals(record.get(auth + "password"));
    }
    if (secrets == null || !chap) {
      return secrets == null && !chap;
    }
    return INITIATOR.value().equals(record.get(auth + "username"))
        && secrets.initiator().equals(record.get(auth + "password"));
  }

  private static boolean provenByTarget(SimulatedTarget exported, Map<String, String> record) {
    String auth = "node.session.auth.";
    String asked = record.get(auth + "password_in");
    ChapLogin login = exported.login;
    if (login != null) {
      return asked == null || asked.equals(login.targetPassword());
    }
    return asked == null
        || (exported.secrets != null
            && asked.equals(exported.secrets.target())
            && exported.target.iqn().value().equals(record.get(auth + "username_in")));
  }

  /** A session that somebody else made; it has all LUNs. */
  synchronized void logInByHand(Iqn target) {
    addSession(target.value(), PORTAL, true);
  }

  /** Ends the sessions that others have made. */
  synchronized void logOutByHand(Iqn target) {
    logout(target.value(), "");
  }

  /** The same, with a link left to a disk that is gone. */
  synchronized void logOutByHand(Iqn target, Path link) {
    try {
      Path node = Files.readSymbolicLink(link);
      Files.delete(link);
      logout(target.value(), "");
      link(link, node);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void addSession(String target, Portal portal, boolean scan) {
    SimulatedSession session = new SimulatedSession(nextNumber++, target, portal);
    sessions.put(session.number, session);
    sysfs.addSession(session.number, target, portal);
    if (scan) {
      scan(session, 0);
      scan(session, 1);
    }
  }

  private int logout(String target, String portal) {
    List<SimulatedSession> ending = sessionsOf(target, portal);
    ending.forEach(this::removeSession);
    return ending.isEmpty() ? 21 : 0;
  }

  private void removeSession(SimulatedSession session) {
    List.copyOf(session.disks.keySet()).forEach(lun -> removeDisk(session, lun));
    sysfs.removeSession(session.number);
    sessions.remove(session.number);
  }

  private int delete(String target, String portal) {
    if (!sessionsOf(target, portal).isEmpty()) {
      return 15;
    }
    Path folder = nodes().resolve(target);
    List<String> records =
        names(folder).stream()
            .filter(name -> name.contains(",")) // others are no records
            .filter(name -> portal.isEmpty() || isOf(name, Portal.parse(portal)))
            .toList();
    if (!Files.exists(folder) || (records.isEmpty() && !portal.isEmpty())) {
      return 21;
    }
    records.forEach(name -> SimulatedSysfs.delete(folder.resolve(name)));
    if (names(folder).isEmpty()) {
      SimulatedSysfs.delete(folder);
    }
    return 0;
  }

  private List<SimulatedSession> sessionsOf(String target) {
    return sessions.values().stream().filter(session -> session.target.equals(target)).toList();
  }

  private static boolean isOf(String record, Portal portal) {
    String name = portal.address() + "," + portal.port();
    return record.equals(name) || record.startsWith(name + ",");
  }

  /** The sessions of a target over a portal, or, when there is no portal, over all. */
  private List<SimulatedSession> sessionsOf(String target, String portal) {
    return sessionsOf(target).stream()
        .filter(session -> portal.isEmpty() || session.portal.equals(Portal.parse(portal)))
        .toList();
  }

  private static void write(Path record, Map<String, String> settings) {
    StringBuilder text = new StringBuilder("# BEGIN RECORD 2.1.8\n");
    settings.forEach((name, value) -> text.append(name + " = " + value + "\n"));
    try {
      Files.createDirectories(record.getParent());
      Files.writeString(record, text.append("# END RECORD\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> read(Path record) {
    Map<String, String> settings = new TreeMap<>();
    try {
      List<String> lines = Files.readAllLines(record);
      for (String line : lines.subList(1, lines.size() - 1)) {
        String[] parts = line.split(" = ", -1);
        settings.put(parts[0], parts[1]);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return settings;
  }

  // The kernel.

  private synchronized void write(Path attribute, String value) throws IOException {
    String name = attribute.getFileName().toString();
    if (failingEffects.contains(name)) {
      throw new FileSystemException(attribute.toString(), null, "Input/output error");
    }
    events.add(name + " " + value);
    switch (name) {
      case "scan" -> scan(attribute, value);
      case "delete" -> delete(attribute);
      case "rescan" -> rescan(attribute);
      default -> throw new AssertionError("not an attribute to write: " + attribute);
    }
  }

  private void scan(Path attribute, String value) {
    String host = attribute.getName(attribute.getNameCount() - 2).toString();
    SimulatedSession session =
        requireNonNull(sessions.get(Integer.parseInt(host.substring("host".length()))));
    if (!value.matches("0 0 [0-9]+")) {
      throw new AssertionError("a scan for more than one LUN: " + value);
    }
    scan(session, Integer.parseInt(value.substring("0 0 ".length())));
  }

  private void scan(SimulatedSession session, int lun) {
    Optional<SimulatedLun> disk = shown(session.target, lun);
    if (disk.isEmpty() || session.disks.containsKey(lun)) {
      return;
    }
    String name = freeName();
    session.disks.put(lun, name);
    if (!Files.exists(root.resolve("dev").resolve(name))) {
      boolean simple = disk(session.target, lun).isEmpty();
      link(
          root.resolve("dev").resolve(name),
          volume(simple ? session.target : disk.orElseThrow().serial));
    }
    sysfs.addDisk(session.number, lun, name, disk.orElseThrow().identity());
    multipath.udevSaw(name, disk.orElseThrow());
  }

  private Optional<SimulatedLun> disk(String target, int lun) {
    SimulatedTarget exported = targets.get(target);
    return exported == null ? Optional.empty() : Optional.ofNullable(exported.luns.get(lun));
  }

  private Optional<SimulatedLun> shown(String target, int lun) {
    SimulatedTarget exported = targets.get(target);
    if (exported == null || !exported.luns.isEmpty()) {
      return disk(target, lun).filter(disk -> !disk.hidden);
    }
    if (lun == 0 ? exported.hidden : !exported.secondLun) {
      return Optional.empty();
    }
    String serial = lun == 0 ? pages.getOrDefault(target, exported.serial) : "lun-1";
    return Optional.of(new SimulatedLun(serial, exported.size));
  }

  private void rescan(Path attribute) throws IOException {
    String[] address = attribute.getName(attribute.getNameCount() - 2).toString().split(":", -1);
    SimulatedSession session = requireNonNull(sessions.get(Integer.parseInt(address[0])));
    int lun = Integer.parseInt(address[3]);
    shown(session.target, lun)
        .ifPresent(
            disk -> {
              String name = requireNonNull(session.disks.get(lun));
              sysfs.rescanDisk(session.number, lun, name, disk.identity());
              multipath.sizes.put(name, disk.size.bytes());
            });
  }

  /** Block devices of the real kernel have a number; here, links to a volume's bytes do. */
  private String number(Path node) throws IOException {
    boolean mapped = node.startsWith(root.resolve("dev/mapper"));
    Path device = mapped ? Files.readSymbolicLink(node) : node;
    return SimulatedSysfs.number(device.getFileName().toString());
  }

  private String freeName() {
    for (char letter = 'a'; ; letter++) {
      String name = "sd" + letter;
      if (sessions.values().stream().noneMatch(session -> session.disks.containsValue(name))) {
        return name;
      }
    }
  }

  private void delete(Path attribute) throws IOException {
    String[] address = attribute.getName(attribute.getNameCount() - 2).toString().split(":", -1);
    SimulatedSession session = sessions.get(Integer.parseInt(address[0]));
    int lun = Integer.parseInt(address[3]);
    if (session == null || !session.disks.containsKey(lun)) {
      throw new NoSuchFileException(attribute.toString());
    }
    removeDisk(session, lun);
  }

  private void removeDisk(SimulatedSession session, int lun) {
    Path node = root.resolve("dev").resolve(session.disks.get(lun));
    String opener = openers.getOrDefault(node, "udev");
    boolean used = !opener.contains("udev") && !opener.startsWith("multipathd");
    if (used || mounts.contains(node)) {
      throw new AssertionError("a disk in use was taken away: " + node);
    }
    if (leads(node)) {
      throw new AssertionError("a link leads to a disk that is going: " + node);
    }
    String name = requireNonNull(session.disks.get(lun));
    multipath.diskGone(name);
    sysfs.removeDisk(session.number, lun, name);
    SimulatedSysfs.delete(node);
    session.disks.remove(lun);
  }

  private boolean leads(Path node) {
    return names(root.resolve("links")).stream()
        .anyMatch(link -> new DeviceLinks(root.resolve("links")).leadsTo(link, node));
  }

  private Optional<DeviceClaims.Claim> claim(Path node) throws IOException {
    if (!Files.exists(node)) {
      throw new NoSuchFileException(node.toString());
    }
    if (mounts.contains(node)) {
      return Optional.empty();
    }
    return Optional.of(
        new DeviceClaims.Claim() {
          @Override
          public void flush() throws IOException {
            note("flush");
            try {
              stuckFlush.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }

          @Override
          public void close() {
            note("close");
          }
        });
  }

  private synchronized void note(String event) {
    events.add(event);
  }

  private List<String> holders(DevicePath device) {
    String holder = openers.get(device.toPath());
    if (passing.remove(device.toPath())) {
      openers.remove(device.toPath());
    }
    return holder == null ? List.of() : List.of(holder);
  }

  private Path volume(String target) {
    return root.resolve("volumes").resolve(target.replace(':', '_'));
  }

  static void link(Path path, Path target) {
    try {
      Files.createSymbolicLink(path, target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
