package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.ZvolManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/**
 * Storage of one machine, in one folder: a volume is a sparse file, an export is a small file that
 * says who may connect it, and a connected volume is a path in the folder {@code
 * nodes/NODE/devices}, which leads to a loop device, or without root to the volume's file. No
 * daemon and no network take part.
 *
 * <p>Several processes may open storage over one folder at the same time, a NAS daemon and compute
 * daemons for instance: what one does the others see at once, and they keep out of one another's
 * way by locks that the kernel frees when a process dies.
 *
 * <p><b>Limits.</b> The operating system does not enforce an export the way an iSCSI target does:
 * whoever may read the folder may open a volume's file. Ending an export by {@link
 * TargetExporter.OpenSessions#END} removes the path, so that nobody opens the volume through it
 * again; a process that has it open keeps it, as the kernel takes no file descriptor away.
 * Therefore neither is a volume exported anew nor is it destroyed while a process is seen to have
 * it open, and the error names the process. Without root, only processes of the same user are seen.
 *
 * <p>Obtained from {@link #open}. Closing it ends its ports too; closing a port ends that port
 * only. Thread safety: thread-safe.
 */
public final class LocalStorage implements AutoCloseable {
  private static final Duration LONGEST_OPEN = Duration.ofSeconds(30);

  private final LocalConfig config;
  private final Parts parts;

  private LocalStorage(LocalConfig config, Parts parts) {
    this.config = config;
    this.parts = parts;
  }

  /** What the ports of one storage share. */
  record Parts(
      Layout layout, Locks locks, Loops loops, Grants grants, Sessions sessions, Holders holders) {

    static Parts of(Layout layout, Locks locks, Loops loops, DeviceHolders devices) {
      return new Parts(
          layout,
          locks,
          loops,
          new Grants(layout.targets()),
          new Sessions(layout, loops),
          new Holders(devices, loops));
    }

    PortCalls calls(String port) {
      return new PortCalls(port, layout.root(), locks);
    }
  }

  /**
   * Opens the storage, making its folders when they are not there, and removes what a crash left
   * half-made.
   *
   * @throws VmStoreException PERMISSION_DENIED or UNAVAILABLE: the folder cannot be used;
   *     INVALID_ARGUMENT: without links, its path is not printable ASCII
   */
  public static LocalStorage open(LocalConfig config) {
    return open(config, new ProcessCommandRunner(), Path.of("/"));
  }

  /**
   * As the other, on a machine whose {@code /dev}, {@code /proc} and {@code /sys} lie elsewhere.
   */
  static LocalStorage open(LocalConfig config, CommandRunner runner, Path system) {
    DeviceHolders devices = new DeviceHolders(system.resolve("proc"), system.resolve("sys"));
    Layout layout = new Layout(directory(config));
    try {
      Files.createDirectories(layout.targets());
      Files.createDirectories(layout.pools());
      DurableFiles.force(layout.root());
      Parts parts = Parts.of(layout, Locks.open(layout.lock()), new Loops(runner, system), devices);
      return new LocalStorage(config, parts).prepared();
    } catch (IOException e) {
      throw unusable(config, e);
    }
  }

  /**
   * The kernel shows who holds a file, and what is behind a loop device, by paths without links.
   */
  private static Path directory(LocalConfig config) {
    try {
      Files.createDirectories(
          config.directory(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return DevicePath.of(config.directory().toRealPath()).toPath();
    } catch (IOException e) {
      throw unusable(config, e);
    }
  }

  private LocalStorage prepared() {
    try {
      for (PoolName pool : config.pools()) {
        manager().prepare(pool, Deadline.after(LONGEST_OPEN));
      }
      return this;
    } catch (VmStoreException e) {
      close();
      throw e;
    }
  }

  private static VmStoreException unusable(LocalConfig config, IOException failure) {
    return VmStoreException.builder(
            ErrorCode.UNAVAILABLE, "cannot open local storage in '" + config.directory() + "'")
        .reason(String.valueOf(failure))
        .correction("check that folder, and that this user may write to it")
        .cause(failure)
        .build();
  }

  Parts parts() {
    return parts;
  }

  /** {@return a manager of the volumes in all pools} */
  public ZvolManager zvolManager() {
    return manager();
  }

  private LocalZvolManager manager() {
    return new LocalZvolManager(config, parts);
  }

  /** {@return the exporter of the volumes} */
  public TargetExporter targetExporter() {
    return new LocalTargetExporter(parts);
  }

  /**
   * {@return the connector of a compute node on this machine, which logs in under an iSCSI name
   * made from the node's}
   */
  public TargetConnector connector(NodeName node) {
    return connector(node, Grants.initiatorOf(node));
  }

  /**
   * {@return what attaches the exports to a node of this machine as managed volumes, under the same
   * iSCSI name}
   */
  public VolumeConnector volumeConnector(NodeName node) {
    return new LocalVolumeConnector(node, connector(node, Grants.initiatorOf(node)));
  }

  /** As the other, under a given iSCSI name. */
  LocalTargetConnector connector(NodeName node, Iqn initiator) {
    DeviceMaker maker = new DeviceMaker(parts.loops(), config.loopDevices());
    return new LocalTargetConnector(parts, node, initiator, maker);
  }

  @Override
  public void close() {
    try {
      parts.locks().close();
    } catch (IOException e) {
      throw unusable(config, e);
    }
  }
}
