package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.local.Grants.Grant;
import io.vmstore.local.Sessions.Session;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Exports as files that say who may connect. Thread-safe. */
final class LocalTargetExporter implements TargetExporter {
  private final Layout layout;
  private final Grants grants;
  private final Sessions sessions;
  private final Holders holders;
  private final PortCalls calls;

  LocalTargetExporter(LocalStorage.Parts parts) {
    this.layout = parts.layout();
    this.grants = parts.grants();
    this.sessions = parts.sessions();
    this.holders = parts.holders();
    this.calls = parts.calls("target exporter");
  }

  @Override
  public Target targetOf(ZvolName zvol, VolumeId id, long generation) {
    calls.requireOpen("cannot name the target of zvol '" + zvol + "'");
    return Grants.targetOf(id, generation);
  }

  @Override
  public Export export(
      Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline) {
    Iqn initiator = admitted.initiator();
    String problem = "cannot export zvol '" + zvol.name() + "' to '" + initiator + "'";
    calls.requireOpen(problem);
    requireByName(admitted, problem);
    Grant wanted = new Grant(id, zvol.name(), generation, initiator);
    return calls.alone(
        id,
        problem,
        deadline,
        () -> {
          Optional<Grant> existing = grants.find(id);
          if (existing.isEmpty()) {
            requireFree(zvol, problem);
            endSessions(id, deadline); // one that outlived its grant has no part in this one
            grants.put(wanted);
          } else if (!existing.get().equals(wanted)) {
            throw refused(
                problem,
                "its target '"
                    + existing.get().target().iqn()
                    + "' shows zvol '"
                    + existing.get().zvol()
                    + "' to '"
                    + existing.get().initiator()
                    + "'",
                "end that export first");
          }
          return toExport(wanted);
        });
  }

  private static void requireByName(Admission admitted, String problem) {
    if (admitted.chap() != null) {
      throw VmStoreException.builder(ErrorCode.UNIMPLEMENTED, problem)
          .reason("files of one machine cannot ask for CHAP secrets")
          .correction("unmap the volume and map it again")
          .build();
    }
  }

  private void requireFree(Zvol zvol, String problem) throws IOException {
    VolumeFolder folder = layout.volume(zvol.name());
    if (folder.size().isEmpty() || !folder.data().equals(zvol.device().toPath())) {
      throw refused(
          problem,
          "there is no device '" + zvol.device() + "' of it",
          "see the volumes with a list");
    }
    grants.requireNone(zvol.name(), problem);
    // Whoever was fenced off may still have the plain file open: no second writer beside it.
    holders.requireNone(folder.data(), problem);
  }

  @Override
  public void unexport(VolumeId id, OpenSessions open, Deadline deadline) {
    String problem = "cannot end the export of volume '" + id + "'";
    calls.alone(
        id,
        problem,
        deadline,
        () -> {
          List<Session> found = sessions.of(id);
          if (open == OpenSessions.REFUSE && !found.isEmpty()) {
            throw refused(problem, connected(id, found), "disconnect it there first");
          }
          endSessions(id, deadline);
          grants.remove(id);
        });
  }

  private void endSessions(VolumeId id, Deadline deadline) throws IOException {
    for (Session session : sessions.of(id)) {
      sessions.detachLoops(session.data(), deadline);
    }
    sessions.removeLinks(id);
  }

  private String connected(VolumeId id, List<Session> found) throws IOException {
    String nodes = found.stream().map(Session::node).toList().toString();
    String initiator = grants.find(id).map(grant -> grant.initiator().value()).orElse("unknown");
    return "initiator '" + initiator + "' is logged in, at the nodes " + nodes;
  }

  @Override
  public List<Export> list(Deadline deadline) {
    return calls.read(
        "cannot list exports",
        deadline,
        () -> {
          List<Export> exports = new ArrayList<>();
          for (Grant grant : grants.all()) {
            exports.add(toExport(grant));
          }
          exports.sort(Comparator.comparing(export -> export.target().iqn().value()));
          return List.copyOf(exports);
        });
  }

  private Export toExport(Grant grant) throws IOException {
    Set<Iqn> admitted = Set.of(grant.initiator());
    return new Export(
        grant.id(),
        grant.target(),
        DevicePath.of(layout.volume(grant.zvol()).data()),
        admitted,
        sessions.of(grant.id()).isEmpty() ? Set.of() : admitted);
  }

  private static VmStoreException refused(String problem, String reason, String correction) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
        .reason(reason)
        .correction(correction)
        .build();
  }

  @Override
  public void close() {
    calls.close();
  }
}
