package io.vmstore.zfs.lio;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Where things are in the tree, and what is there. It changes nothing. Thread-safe. */
final class LioTree {
  static final String ADAPTER = "iblock_";
  private static final String NO_SESSION = "No active iSCSI Session";

  private final Configfs configfs;
  private final LioConfig config;
  private final Object adapterChoice = new Object();

  LioTree(Configfs configfs, LioConfig config) {
    this.configfs = configfs;
    this.config = config;
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

  Target target(VolumeId id) {
    return new Target(new Iqn(config.prefix() + ":" + id), config.portals());
  }

  Path targetFolder(VolumeId id) {
    return iscsi().resolve(exportName(id));
  }

  Path group(VolumeId id) {
    return targetFolder(id).resolve("tpgt_1");
  }

  static Path lun(Path group) {
    return group.resolve("lun/lun_0");
  }

  static Path acls(Path group) {
    return group.resolve("acls");
  }

  /** {@return what the volume's target, its backstore and the links to it are called} */
  String exportName(VolumeId id) {
    return target(id).iqn().value();
  }

  static Path adapter(Path backstore) {
    return Objects.requireNonNull(backstore.getParent(), "a backstore is in an adapter");
  }

  /** {@return the volume's backstore; it is more than one when somebody else made another} */
  List<Path> backstores(VolumeId id) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path adapter : adapters()) {
      Path backstore = adapter.resolve(exportName(id));
      if (configfs.exists(backstore)) {
        found.add(backstore);
      }
    }
    return found;
  }

  List<Path> adapters() throws IOException {
    return configfs.directories(core()).stream()
        .filter(adapter -> name(adapter).startsWith(ADAPTER))
        .toList();
  }

  /** {@return the state of the volume's export, read from the kernel} */
  LioState state(VolumeId id) throws IOException {
    return state(id, backstores(id));
  }

  /** {@return every export of vmstore, half-made ones too, ordered by target} */
  List<LioState> states() throws IOException {
    SortedMap<String, List<Path>> found = new TreeMap<>();
    for (Path folder : configfs.directories(iscsi())) {
      idIn(folder).ifPresent(id -> found.put(id, new ArrayList<>()));
    }
    for (Path adapter : adapters()) {
      for (Path backstore : configfs.directories(adapter)) {
        idIn(backstore)
            .ifPresent(id -> found.computeIfAbsent(id, any -> new ArrayList<>()).add(backstore));
      }
    }
    List<LioState> states = new ArrayList<>();
    for (var entry : found.entrySet()) {
      try {
        states.add(state(VolumeId.parse(entry.getKey()), entry.getValue()));
      } catch (NoSuchFileException e) {
        // Another thread is ending it at this moment.
      }
    }
    return states;
  }

  private LioState state(VolumeId id, List<Path> backstores) throws IOException {
    Path group = group(id);
    String device =
        backstores.isEmpty() ? "" : configfs.read(backstores.get(0).resolve("udev_path"));
    boolean inGroup = configfs.exists(group);
    return new LioState(
        id,
        device,
        !backstores.isEmpty(),
        configfs.exists(targetFolder(id)),
        inGroup && configfs.read(group.resolve("enable")).equals("1"),
        inGroup && configfs.read(group.resolve("attrib/generate_node_acls")).equals("0"),
        inGroup && linked(group),
        configfs.directories(acls(group)).stream().map(LioTree::name).toList(),
        sessions(group));
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

  /** {@return the volume's id in an export's name; empty when it is somebody else's} */
  private Optional<String> idIn(Path path) {
    String prefix = config.prefix() + ":";
    if (!name(path).startsWith(prefix)) {
      return Optional.empty();
    }
    try {
      return Optional.of(VolumeId.parse(name(path).substring(prefix.length())).toString());
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }

  static String name(Path path) {
    return path.getFileName().toString();
  }
}
