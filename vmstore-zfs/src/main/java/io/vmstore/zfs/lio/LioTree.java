package io.vmstore.zfs.lio;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.ChapMode;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Where things are in the tree, and what is there. It changes nothing. Thread-safe. */
final class LioTree {
  private static final String ADAPTER = "iblock_";

  /**
   * rtslib, which targetcli uses, takes the lowest number free and shares an adapter that appears
   * meanwhile; it guards its choice by flock(2), which Java does not have. Up here it never comes.
   */
  private static final int FIRST_ADAPTER = 1_000_000;

  /** As many hexadecimal digits as leave the number an integer. */
  private static final int ADAPTER_DIGITS = 7;

  /** Between the volume's id and the number of the mapping. */
  private static final String GENERATION = ".g";

  private static final Pattern MAPPING = Pattern.compile("\\.g[0-9]{1,19}");
  private static final int ID_LENGTH = 36;
  private static final String NO_SESSION = "No active iSCSI Session";

  private final Configfs configfs;
  private final LioConfig config;
  private final LioChap chap;
  private final Object adapterChoice = new Object();

  LioTree(Configfs configfs, LioConfig config) {
    this.configfs = configfs;
    this.config = config;
    this.chap = new LioChap(configfs);
  }

  /** {@return what logins have to prove} */
  LioChap chap() {
    return chap;
  }

  /** {@return the lock for whoever makes or removes an adapter} */
  Object adapterChoice() {
    return adapterChoice;
  }

  Path core() {
    return config.root().resolve("core");
  }

  Path iscsi() {
    return config.root().resolve("iscsi");
  }

  Target target(ExportName export) {
    return target(targetName(export));
  }

  private String targetName(ExportName export) {
    return backstoreName(export.volume()) + GENERATION + export.generation();
  }

  private Target target(String name) {
    return new Target(new Iqn(name), config.portals());
  }

  Path targetFolder(ExportName export) {
    return iscsi().resolve(targetName(export));
  }

  Path group(ExportName export) {
    return group(targetFolder(export));
  }

  static Path group(Path target) {
    return target.resolve("tpgt_1");
  }

  static Path target(Path group) {
    return Objects.requireNonNull(group.getParent(), "a group is in a target");
  }

  /**
   * {@return the targets that show the volume, of whichever mapping; more than one by hand only}
   */
  List<Path> targets(VolumeId id) throws IOException {
    return configfs.directories(iscsi(), backstoreName(id) + GENERATION).stream()
        .filter(target -> volumeOf(target).filter(id::equals).isPresent())
        .toList();
  }

  static Path lun(Path group) {
    return group.resolve("lun/lun_0");
  }

  static Path portal(Path group, Portal portal) {
    return group.resolve("np").resolve(portal.toString());
  }

  static Path acls(Path group) {
    return group.resolve("acls");
  }

  /** {@return what the volume's backstore and the links to it are called, in every mapping} */
  String backstoreName(VolumeId id) {
    return config.prefix() + ":" + id;
  }

  static Path adapter(Path backstore) {
    return Objects.requireNonNull(backstore.getParent(), "a backstore is in an adapter");
  }

  /**
   * {@return where vmstore makes the volume's backstore} The adapter's number follows from the id,
   * so that nobody has to look at all backstores for one; two volumes whose ids begin alike share
   * an adapter.
   */
  Path place(VolumeId id) {
    int number = Integer.parseInt(id.toString().substring(0, ADAPTER_DIGITS), 16);
    return core().resolve(ADAPTER + (FIRST_ADAPTER + number)).resolve(backstoreName(id));
  }

  /** {@return whether neither target nor backstore is where the export would have them} */
  boolean absent(ExportName export) {
    return !configfs.exists(place(export.volume())) && !configfs.exists(targetFolder(export));
  }

  /**
   * {@return the volume's backstores, of which one is usual} They are in the usual place, which is
   * another one in older versions, and behind its targets.
   */
  Set<Path> backstores(VolumeId id, List<Path> targets) throws IOException {
    Set<Path> found = new LinkedHashSet<>();
    if (configfs.exists(place(id))) {
      found.add(place(id));
    }
    for (Path target : targets) {
      for (Path link : configfs.links(lun(group(target)))) {
        found.add(configfs.target(link));
      }
    }
    return found;
  }

  /** {@return the volume's backstores, wherever they are; it looks at all adapters} */
  List<Path> allBackstores(VolumeId id) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path adapter : adapters()) {
      Path backstore = adapter.resolve(backstoreName(id));
      if (configfs.exists(backstore)) {
        found.add(backstore);
      }
    }
    return found;
  }

  /** {@return whether there is anything of the volume, of whichever mapping and wherever} */
  boolean hasTraces(VolumeId id) throws IOException {
    return !targets(id).isEmpty() || !allBackstores(id).isEmpty();
  }

  private List<Path> adapters() throws IOException {
    return configfs.directories(core(), ADAPTER);
  }

  /** {@return the state of an export, read from the kernel} */
  LioState state(ExportName export) throws IOException {
    return state(export.volume(), targetFolder(export), allBackstores(export.volume()));
  }

  /** {@return every export of vmstore, half-made ones too, ordered by target} */
  List<LioState> states() throws IOException {
    Map<VolumeId, List<Path>> backstores = backstores();
    SortedMap<Path, VolumeId> targets = new TreeMap<>();
    for (Path target : configfs.directories(iscsi())) {
      volumeOf(target).ifPresent(id -> targets.put(target, id));
    }
    Set<VolumeId> shown = Set.copyOf(targets.values());
    for (VolumeId id : backstores.keySet()) {
      if (!shown.contains(id)) {
        targets.put(targetFolder(new ExportName(id, 0)), id); // a backstore does not say whose
      }
    }
    List<LioState> states = new ArrayList<>();
    for (var entry : targets.entrySet()) {
      VolumeId id = entry.getValue();
      try {
        states.add(state(id, entry.getKey(), backstores.getOrDefault(id, List.of())));
      } catch (NoSuchFileException e) {
        // Another thread is ending it at this moment.
      }
    }
    return states;
  }

  private Map<VolumeId, List<Path>> backstores() throws IOException {
    Map<VolumeId, List<Path>> found = new HashMap<>();
    for (Path adapter : adapters()) {
      for (Path backstore : configfs.directories(adapter)) {
        suffix(backstore)
            .flatMap(LioTree::id)
            .ifPresent(id -> found.computeIfAbsent(id, any -> new ArrayList<>()).add(backstore));
      }
    }
    return found;
  }

  private LioState state(VolumeId id, Path target, List<Path> backstores) throws IOException {
    Path group = group(target);
    String device =
        backstores.isEmpty() ? "" : configfs.read(backstores.get(0).resolve("udev_path"));
    boolean inGroup = configfs.exists(group);
    return new LioState(
        id,
        target(name(target)),
        device,
        !backstores.isEmpty(),
        configfs.exists(target),
        inGroup && configfs.read(group.resolve("enable")).equals("1"),
        inGroup && configfs.read(group.resolve("attrib/generate_node_acls")).equals("0"),
        inGroup && linked(group),
        configfs.directories(acls(group)).stream().map(LioTree::name).toList(),
        sessions(group),
        inGroup ? chap.mode(group) : ChapMode.NONE);
  }

  private boolean linked(Path group) throws IOException {
    boolean shown = !configfs.links(lun(group)).isEmpty();
    for (Path acl : configfs.directories(acls(group))) {
      shown = shown && !configfs.links(acl.resolve("lun_0")).isEmpty();
    }
    return shown;
  }

  /**
   * {@return who is logged in} Whatever an access list's {@code info} says other than that there is
   * no session (iscsi_target_configfs.c, lio_target_nacl_info_show) counts as one.
   */
  Set<String> sessions(Path group) throws IOException {
    List<Path> loggedIn = new ArrayList<>();
    for (Path acl : configfs.directories(acls(group))) {
      if (!configfs.read(acl.resolve("info")).startsWith(NO_SESSION)) {
        loggedIn.add(acl);
      }
    }
    return loggedIn.stream().map(LioTree::name).collect(Collectors.toSet());
  }

  /** {@return the volume that a target shows; empty when it is somebody else's} */
  private Optional<VolumeId> volumeOf(Path target) {
    return suffix(target)
        .filter(suffix -> suffix.length() > ID_LENGTH)
        .filter(suffix -> MAPPING.matcher(suffix.substring(ID_LENGTH)).matches())
        .flatMap(suffix -> id(suffix.substring(0, ID_LENGTH)));
  }

  private Optional<String> suffix(Path path) {
    String prefix = config.prefix() + ":";
    return name(path).startsWith(prefix)
        ? Optional.of(name(path).substring(prefix.length()))
        : Optional.empty();
  }

  private static Optional<VolumeId> id(String text) {
    try {
      return Optional.of(VolumeId.parse(text));
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }

  static String name(Path path) {
    return path.getFileName().toString();
  }
}
