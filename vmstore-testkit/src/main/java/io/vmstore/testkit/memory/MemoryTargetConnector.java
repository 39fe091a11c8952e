package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An initiator in memory, under the rules of open-iscsi. Thread-safe. */
final class MemoryTargetConnector implements TargetConnector {
  private final PortLifecycle lifecycle = new PortLifecycle("target connector");
  private final FabricState state;
  private final NodeName compute;
  private final Iqn initiator;

  MemoryTargetConnector(FabricState state, NodeName compute, Iqn initiator) {
    this.state = state;
    this.compute = compute;
    this.initiator = initiator;
  }

  @Override
  public Iqn initiator() {
    lifecycle.enter("cannot tell the initiator's name");
    return initiator;
  }

  @Override
  public ConnectedDevice connect(
      Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline) {
    String problem = "cannot connect target '" + target.iqn() + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemorySessions sessions = state.sessionsOf(compute);
      boolean existed = sessions.at(target.iqn().value()).isPresent();
      MemorySession session = logIn(target, chap, problem);
      try {
        awaitDevice(session, deadline, problem);
        checkIdentity(session, id, problem);
        return session.toConnectedDevice();
      } catch (VmStoreException e) {
        if (!existed) {
          sessions.remove(target.iqn().value());
        }
        throw e;
      }
    }
  }

  private MemorySession logIn(Target target, @Nullable ChapSecrets chap, String problem) {
    MemorySessions sessions = state.sessionsOf(compute);
    MemorySession session = sessions.at(target.iqn().value()).orElse(null);
    if (session != null && session.loggedIn) {
      return session;
    }
    MemoryExport export = admittingExport(target, chap, problem);
    if (session == null) {
      session =
          sessions.add(
              target.iqn().value(),
              device -> new MemorySession(initiator, chap, target, device, export));
    }
    session.chap = chap;
    session.logIn(export);
    return session;
  }

  private MemoryExport admittingExport(Target target, @Nullable ChapSecrets chap, String problem) {
    List<NodeName> reachable =
        target.portals().stream()
            .map(state.portals::get)
            .filter(nas -> nas != null && state.reaches(compute, nas))
            .toList();
    if (reachable.isEmpty()) {
      throw failure(
          ErrorCode.UNAVAILABLE, problem, "no portal of " + target.portals() + " answers");
    }
    MemoryExport export = state.exportAt(target).orElse(null);
    if (export == null || !reachable.contains(export.nas)) {
      throw failure(ErrorCode.NOT_FOUND, problem, "the portals do not know the target");
    }
    if (!export.admits(initiator)) {
      throw failure(
          ErrorCode.PERMISSION_DENIED, problem, "the target does not admit '" + initiator + "'");
    }
    if (!export.believes(chap)) {
      throw failure(
          ErrorCode.PERMISSION_DENIED, problem, "one does not know the other's CHAP secret");
    }
    return export;
  }

  private void awaitDevice(MemorySession session, Deadline deadline, String problem) {
    while (session.export.hidden) {
      long left = deadline.remaining().toMillis();
      if (left == 0) {
        throw failure(ErrorCode.DEADLINE_EXCEEDED, problem, "no device appeared");
      }
      try {
        state.wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure(ErrorCode.CANCELLED, problem, "the calling thread was interrupted");
      }
    }
  }

  private static void checkIdentity(MemorySession session, VolumeId id, String problem) {
    if (!session.export.serial.equals(id.toString())) {
      throw failure(
          ErrorCode.FAILED_PRECONDITION,
          problem,
          "its disk is '" + session.export.serial + "', not '" + id + "'");
    }
  }

  @Override
  public ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline) {
    String problem = "cannot extend target '" + target.iqn() + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemorySession session =
          state
              .sessionsOf(compute)
              .at(target.iqn().value())
              .orElseThrow(() -> failure(ErrorCode.NOT_FOUND, problem, "it is not connected"));
      checkIdentity(session, id, problem);
      if (session.size.compareTo(size) < 0) {
        readSize(session, problem);
      }
      if (session.size.compareTo(size) < 0) {
        throw failure(
            ErrorCode.DEADLINE_EXCEEDED, problem, "its disk has " + session.size + ", not " + size);
      }
      return session.toConnectedDevice();
    }
  }

  private static void readSize(MemorySession session, String problem) {
    if (!session.loggedIn) {
      throw failure(ErrorCode.UNAVAILABLE, problem, "its session has no connection");
    }
    session.size = session.export.volume.size;
  }

  @Override
  public void disconnect(Target target, VolumeId id, Deadline deadline) {
    String problem = "cannot disconnect target '" + target.iqn() + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemorySession session = state.sessionsOf(compute).at(target.iqn().value()).orElse(null);
      if (session != null && !session.holders.isEmpty()) {
        String holder = session.holders.stream().distinct().collect(Collectors.joining(", "));
        throw VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
            .reason("its device '" + session.device + "' is open in " + holder)
            .correction("end that first")
            .detail("holder", holder)
            .build();
      }
      state.sessionsOf(compute).remove(target.iqn().value());
    }
  }

  @Override
  public List<ConnectedDevice> list(Deadline deadline) {
    lifecycle.enter("cannot list connected targets", deadline);
    synchronized (state) {
      return state.sessionsOf(compute).all().stream()
          .filter(session -> !session.export.hidden)
          .map(MemorySession::toConnectedDevice)
          .toList();
    }
  }

  private static VmStoreException failure(ErrorCode code, String problem, String reason) {
    return VmStoreException.builder(code, problem)
        .reason(reason)
        .correction("look at the export on its NAS")
        .build();
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
