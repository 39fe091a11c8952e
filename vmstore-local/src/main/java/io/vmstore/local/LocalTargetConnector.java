package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.local.Grants.Grant;
import io.vmstore.local.Sessions.Session;
import io.vmstore.local.VolumeFolder.Identity;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Connects granted volumes to one node: by a link to the volume's file, or to a loop device on it.
 * Thread-safe.
 */
final class LocalTargetConnector implements TargetConnector {
  private final NodeName node;
  private final Iqn initiator;
  private final Layout layout;
  private final Grants grants;
  private final Sessions sessions;
  private final DeviceMaker maker;
  private final Holders holders;
  private final PortCalls calls;

  LocalTargetConnector(LocalStorage.Parts parts, NodeName node, Iqn initiator, DeviceMaker maker) {
    this.node = node;
    this.initiator = initiator;
    this.layout = parts.layout();
    this.grants = parts.grants();
    this.sessions = parts.sessions();
    this.holders = parts.holders();
    this.calls = parts.calls("target connector");
    this.maker = maker;
  }

  @Override
  public Iqn initiator() {
    calls.requireOpen("cannot tell the initiator's name of '" + node + "'");
    return initiator;
  }

  @Override
  public ConnectedDevice connect(
      Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline) {
    String problem = "cannot connect target '" + target.iqn() + "' to '" + node + "'";
    return calls.alone(
        id,
        problem,
        deadline,
        () -> {
          Path data = admitted(target, problem);
          requireIdentity(data, id, problem);
          return connected(session(id, data, deadline))
              .orElseThrow(() -> new IOException("'" + data + "' went away meanwhile"));
        });
  }

  /** Says no as an iSCSI target would. */
  private Path admitted(Target target, String problem) throws IOException {
    if (!target.portals().contains(Grants.PORTAL)) {
      throw refused(
          ErrorCode.UNAVAILABLE,
          problem,
          "no portal of " + target.portals() + " is this storage, which is " + Grants.PORTAL,
          "connect targets of the local storage in '" + layout.root() + "'");
    }
    Optional<VolumeId> volume = Grants.volumeOf(target.iqn());
    Optional<Grant> grant = volume.isEmpty() ? Optional.empty() : grants.find(volume.get());
    if (grant.filter(found -> found.target().iqn().equals(target.iqn())).isEmpty()) {
      throw refused(
          ErrorCode.NOT_FOUND, problem, "there is no such target", "export the volume first");
    }
    Iqn admitted = grant.get().initiator();
    if (!admitted.equals(initiator)) {
      throw refused(
          ErrorCode.PERMISSION_DENIED,
          problem,
          "it admits '" + admitted + "', and this is '" + initiator + "'",
          "end that export before exporting the volume to this node");
    }
    return layout.volume(grant.get().zvol()).data();
  }

  private static void requireIdentity(Path data, VolumeId id, String problem) throws IOException {
    VolumeFolder folder = VolumeFolder.of(data);
    if (!folder.is(id)) {
      String found = folder.identity().map(Identity::id).map(VolumeId::toString).orElse("none");
      throw refused(
          ErrorCode.FAILED_PRECONDITION,
          problem,
          "its disk '" + data + "' has the id '" + found + "', not '" + id + "'",
          "see the volumes' ids with a list");
    }
  }

  private Session session(VolumeId id, Path data, Deadline deadline) throws IOException {
    Optional<Session> before = sessions.find(node, id).filter(found -> found.data().equals(data));
    if (before.filter(Session::isLoop).isPresent()) {
      return before.get();
    }
    if (before.isEmpty()) {
      sessions.point(node, id, data);
    }
    try {
      Path device = maker.make(data, deadline);
      if (!device.equals(data)) {
        sessions.point(node, id, device);
      }
      return new Session(node, id, layout.device(node, id), device, data);
    } catch (IOException | VmStoreException e) {
      boolean inDoubt = e instanceof VmStoreException failure && failure.outcomeUnknown();
      if (before.isEmpty() && !inDoubt) {
        sessions.detachLoops(data, deadline);
        sessions.removeLink(node, id);
      }
      throw e;
    }
  }

  /** As the other, to the size that the volume has by now. */
  ConnectedDevice extend(Target target, VolumeId id, Deadline deadline) {
    String problem = "cannot see the size of volume '" + id + "' at '" + node + "'";
    ByteSize size =
        calls.read(
            problem,
            deadline,
            () -> {
              Session session = sessions.find(node, id).orElseThrow(() -> absent(problem));
              return new ByteSize(Files.size(session.data()));
            });
    return extend(target, id, size, deadline);
  }

  @Override
  public ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline) {
    String problem = "cannot see the size of volume '" + id + "' at '" + node + "'";
    return calls.alone(
        id,
        problem,
        deadline,
        () -> {
          Session session = sessions.find(node, id).orElseThrow(() -> absent(problem));
          if (!hasSize(session, size)) {
            sessions.readSize(session, deadline);
          }
          if (!hasSize(session, size)) {
            throw refused(
                ErrorCode.DEADLINE_EXCEEDED,
                problem,
                "'" + session.device() + "' is smaller than " + size,
                "compare with the volume's size in a list");
          }
          return connected(session)
              .filter(device -> device.target().iqn().equals(target.iqn()))
              .orElseThrow(() -> absent(problem));
        });
  }

  private boolean hasSize(Session session, ByteSize size) {
    return sessions.size(session).filter(has -> has.compareTo(size) >= 0).isPresent();
  }

  private static VmStoreException absent(String problem) {
    return refused(
        ErrorCode.NOT_FOUND, problem, "it is not connected there", "connect the volume first");
  }

  @Override
  public void disconnect(Target target, VolumeId id, Deadline deadline) {
    String problem = "cannot disconnect target '" + target.iqn() + "' from '" + node + "'";
    calls.alone(
        id,
        problem,
        deadline,
        () -> {
          Optional<Grant> grant = grants.find(id);
          if (grant.isPresent() && !grant.get().target().iqn().equals(target.iqn())) {
            return; // what the node may have is another mapping's
          }
          Optional<Session> session = sessions.find(node, id);
          if (session.isPresent()) {
            release(session.get(), problem, deadline);
          }
          sessions.removeLink(node, id);
        });
  }

  private void release(Session session, String problem, Deadline deadline) throws IOException {
    DurableFiles.force(session.link());
    holders.requireNone(session, problem);
    if (!sessions.detachLoops(session.data(), deadline)) {
      throw Holders.held(problem, List.of("somebody who opened it just now"));
    }
  }

  @Override
  public List<ConnectedDevice> list(Deadline deadline) {
    return calls.read(
        "cannot list what '" + node + "' has connected",
        deadline,
        () -> {
          List<ConnectedDevice> devices = new ArrayList<>();
          for (Session session : sessions.at(node)) {
            connected(session).ifPresent(devices::add);
          }
          devices.sort(Comparator.comparing(device -> device.target().iqn().value()));
          return List.copyOf(devices);
        });
  }

  private Optional<ConnectedDevice> connected(Session session) throws IOException {
    DevicePath stable = DevicePath.of(session.link());
    Optional<Grant> grant = grants.find(session.id());
    if (grant.isEmpty()) {
      return Optional.empty(); // its export is being ended
    }
    return sessions
        .size(session)
        .map(
            size ->
                new ConnectedDevice(
                    grant.get().target(),
                    session.id().toString(),
                    session.isLoop() ? DevicePath.of(session.device()) : stable,
                    stable,
                    size,
                    true));
  }

  private static VmStoreException refused(
      ErrorCode code, String problem, String reason, String correction) {
    return VmStoreException.builder(code, problem).reason(reason).correction(correction).build();
  }

  @Override
  public void close() {
    calls.close();
  }
}
