package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.ManagedVolume.Attachment;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.VolumeConnector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attaches this storage's own exports as managed volumes: each a target with one disk, over one
 * path. Thread-safe.
 */
final class LocalVolumeConnector implements VolumeConnector {
  private static final String OUI = "36001405"; // as LIO, so that a disk keeps its name on a NAS
  private static final int LONGEST_WWN = 33;

  private final NodeName node;
  private final LocalTargetConnector targets;

  LocalVolumeConnector(NodeName node, LocalTargetConnector targets) {
    this.node = node;
    this.targets = targets;
  }

  @Override
  public ConnectorInfo connectorInfo() {
    return new ConnectorInfo(
        targets.initiator(),
        Grants.PORTAL.address(),
        node.value(),
        System.getProperty("os.arch", ""),
        "linux",
        false,
        false,
        Map.of());
  }

  @Override
  public Device connect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    String problem = "cannot connect volume '" + name + "'";
    requireSupported(connection, problem);
    Target target = target(connection).orElseThrow(() -> unknown(connection, problem));
    VolumeId id = Grants.volumeOf(target.iqn()).orElseThrow(() -> unknown(connection, problem));
    requireWanted(id, connection.serial(), wwn, problem);
    return device(targets.connect(target, id, null, deadline));
  }

  private static void requireSupported(IscsiConnection connection, String problem) {
    if (connection.enforceMultipath()) {
      throw failure(ErrorCode.FAILED_PRECONDITION, problem, "local storage has one path only");
    }
    if (connection.access() == AccessMode.READ_ONLY) {
      throw failure(
          ErrorCode.UNIMPLEMENTED, problem, "nothing keeps a user of local storage from writing");
    }
  }

  private static void requireWanted(
      VolumeId id, @Nullable String serial, @Nullable String wwn, String problem) {
    if ((serial != null && !serial.equals(id.toString()))
        || (wwn != null && !wwn.equals(wwn(id)))) {
      throw failure(
          ErrorCode.FAILED_PRECONDITION, problem, "its disk is '" + id + "', another than wanted");
    }
  }

  /** The export that the paths lead to; an iSCSI name that is none of ours has none. */
  private static Optional<Target> target(IscsiConnection connection) {
    IscsiPath first = connection.paths().get(0);
    List<Portal> portals = connection.paths().stream().map(IscsiPath::portal).distinct().toList();
    boolean one =
        connection.paths().stream()
            .allMatch(path -> path.target().equals(first.target()) && path.lun() == 0);
    try {
      return one
          ? Optional.of(new Target(new Iqn(first.target().value()), portals))
          : Optional.empty();
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }

  private static VmStoreException unknown(IscsiConnection connection, String problem) {
    return failure(
        ErrorCode.NOT_FOUND, problem, "local storage has no disk at " + connection.paths());
  }

  @Override
  public void disconnect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    Optional<Target> target = target(connection);
    Optional<VolumeId> id = target.flatMap(found -> Grants.volumeOf(found.iqn()));
    if (id.isPresent() && (wwn == null || wwn.equals(wwn(id.get())))) {
      targets.disconnect(target.get(), id.get(), deadline);
    } else {
      targets.initiator(); // as every call of a connector that is closed
    }
  }

  @Override
  public Optional<Device> find(
      String name, IscsiConnection connection, String wwn, Deadline deadline) {
    Optional<Iqn> target = target(connection).map(Target::iqn);
    return targets.list(deadline).stream()
        .filter(device -> Optional.of(device.target().iqn()).equals(target))
        .map(LocalVolumeConnector::device)
        .filter(device -> device.attachment().wwn().equals(wwn))
        .findFirst();
  }

  @Override
  public Device extend(String name, IscsiConnection connection, String wwn, Deadline deadline) {
    String problem = "cannot extend volume '" + name + "'";
    if (find(name, connection, wwn, deadline).isEmpty()) {
      throw failure(ErrorCode.NOT_FOUND, problem, "it is not connected here");
    }
    Target target = target(connection).orElseThrow(() -> unknown(connection, problem));
    VolumeId id = Grants.volumeOf(target.iqn()).orElseThrow(() -> unknown(connection, problem));
    return device(targets.extend(target, id, deadline));
  }

  private static Device device(ConnectedDevice device) {
    String wwn = wwn(VolumeId.parse(device.serial()));
    return new Device(
        device.stablePath(), new Attachment(device.device(), wwn, null), device.size());
  }

  private static String wwn(VolumeId id) {
    return (OUI + id.toString().replace("-", "")).substring(0, LONGEST_WWN);
  }

  private static VmStoreException failure(ErrorCode code, String problem, String reason) {
    return VmStoreException.builder(code, problem)
        .reason(reason)
        .correction("attach what a NAS with storage = local exports on this machine")
        .build();
  }

  @Override
  public void close() {
    targets.close();
  }
}
