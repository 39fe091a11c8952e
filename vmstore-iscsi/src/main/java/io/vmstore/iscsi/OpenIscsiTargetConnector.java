package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attaches volumes with open-iscsi, the initiator of a Linux host. It needs root, the package
 * {@code open-iscsi} and a running {@code iscsid}.
 *
 * <p>Programs are run only for what iscsid alone can do: one to connect a volume (and one more for
 * the first after a start), one to disconnect it, none to list. Everything else is read from and
 * written to sysfs. The links of udev are not used: they appear late, they are named after what the
 * target says, and the link of a disk that went away may lead to another one.
 *
 * <p>Every device gets a link of its own, named by the volume's id, in {@link
 * OpenIscsiConfig#linkDirectory()}; it is the device's stable path.
 *
 * <p>Thread safety: thread-safe; different volumes do not wait for one another, except inside
 * iscsiadm. It keeps no state but what it learnt of the form of node records, so a restart loses
 * nothing.
 */
public final class OpenIscsiTargetConnector implements TargetConnector {
  private final OpenIscsiConfig config;
  private final Machine machine;
  private final DeviceLinks links;
  private volatile boolean closed;

  /**
   * Creates a connector for this machine. Nothing is done and nothing is checked yet.
   *
   * @param runner runs {@code iscsiadm}
   */
  public OpenIscsiTargetConnector(OpenIscsiConfig config, CommandRunner runner) {
    this(config, Machine.thisOne(runner));
  }

  /** For tests. */
  OpenIscsiTargetConnector(OpenIscsiConfig config, Machine machine) {
    this.config = config;
    this.machine = machine;
    this.links = new DeviceLinks(config.linkDirectory());
  }

  @Override
  public Iqn initiator() {
    requireOpen("name the initiator");
    return InitiatorName.read(config.initiatorNameFile());
  }

  @Override
  public ConnectedDevice connect(
      Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline) {
    requireOpen("connect volume '" + id + "'");
    Wanted wanted = new Wanted(target, id, chap == null ? null : credentials(target, chap));
    return new Connect(machine, links, config.loginTimeout(), wanted, deadline).run();
  }

  private Credentials credentials(Target target, ChapSecrets secrets) {
    return Credentials.of(InitiatorName.read(config.initiatorNameFile()), target.iqn(), secrets);
  }

  @Override
  public ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline) {
    requireOpen("see the size of volume '" + id + "'");
    Sysfs.Session session =
        new Extend(machine, TargetName.of(target.iqn()), id, size, deadline).run();
    return connected(session)
        .orElseThrow(
            () ->
                VmStoreException.builder(
                        ErrorCode.NOT_FOUND, "cannot see the size of volume '" + id + "'")
                    .reason("its session from '" + target.iqn() + "' has just ended")
                    .correction("see 'vmstore lsdev' of this node")
                    .build());
  }

  @Override
  public void disconnect(Target target, VolumeId id, Deadline deadline) {
    requireOpen("disconnect volume '" + id + "'");
    new Disconnect(machine, links, TargetName.of(target.iqn()), id, deadline).run();
  }

  @Override
  public List<ConnectedDevice> list(Deadline deadline) {
    requireOpen("list the connected volumes");
    return machine.sysfs().sessions().stream()
        .flatMap(session -> ours(session).stream())
        .sorted(Comparator.comparing(device -> device.target().iqn().value()))
        .toList();
  }

  @Override
  public void close() {
    closed = true;
  }

  private Optional<ConnectedDevice> ours(Sysfs.Session session) {
    return hasOurPrefix(session.target()) ? connected(session) : Optional.empty();
  }

  private Optional<ConnectedDevice> connected(Sysfs.Session session) {
    List<Portal> portals = machine.sysfs().portals(session);
    if (portals.isEmpty()) {
      return Optional.empty();
    }
    return target(session, portals)
        .flatMap(
            target -> machine.sysfs().disk(session).flatMap(disk -> device(session, target, disk)))
        .filter(device -> machine.sysfs().stands(session));
  }

  /** A name of our prefix that vmstore would refuse is somebody's who logged in by hand. */
  private static Optional<Target> target(Sysfs.Session session, List<Portal> portals) {
    try {
      return Optional.of(new Target(new Iqn(session.target()), portals));
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }

  private boolean hasOurPrefix(String target) {
    String prefix = config.iqnPrefix().value();
    return target.equals(prefix)
        || target.startsWith(prefix + ":")
        || target.startsWith(prefix + ".");
  }

  private Optional<ConnectedDevice> device(Sysfs.Session session, Target target, Sysfs.Disk disk) {
    Optional<ByteSize> size = machine.sysfs().size(disk);
    Optional<String> serial = machine.sysfs().serial(disk);
    if (size.isEmpty() || serial.isEmpty()) {
      return Optional.empty();
    }
    Path node = machine.node(disk);
    return Optional.of(
        new ConnectedDevice(
            target,
            serial.get(),
            DevicePath.of(node),
            DevicePath.of(stablePath(serial.get(), node)),
            size.get(),
            machine.sysfs().loggedIn(session)));
  }

  /** The link, as long as it tells the truth; somebody may have logged in by hand. */
  private Path stablePath(String serial, Path node) {
    try {
      String id = VolumeId.parse(serial).toString();
      return links.leadsTo(id, node) ? links.of(id) : node;
    } catch (VmStoreException e) {
      return node; // no volume of ours
    }
  }

  private void requireOpen(String attempt) {
    if (closed) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, "cannot " + attempt)
          .reason("the connector is closed")
          .correction("make a new one")
          .build();
    }
  }
}
