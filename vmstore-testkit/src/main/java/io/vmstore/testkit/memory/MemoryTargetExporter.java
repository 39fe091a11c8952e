package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ChapMode;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import java.util.List;
import java.util.Set;

/** Targets in memory, under the rules of the kernel's target. Thread-safe. */
final class MemoryTargetExporter implements TargetExporter {
  private static final String PREFIX = "iqn.2026-11.io.vmstore:";

  private final PortLifecycle lifecycle = new PortLifecycle("target exporter");
  private final FabricState state;
  private final NodeName nas;
  private final List<Portal> portals;

  MemoryTargetExporter(FabricState state, NodeName nas, List<Portal> portals) {
    this.state = state;
    this.nas = nas;
    this.portals = List.copyOf(portals);
  }

  @Override
  public Target targetOf(ZvolName zvol, VolumeId id, long generation) {
    lifecycle.enter("cannot name the target of zvol '" + zvol + "'");
    return targetOf(id, generation);
  }

  private Target targetOf(VolumeId id, long generation) {
    return new Target(new Iqn(PREFIX + id + "." + generation), portals);
  }

  @Override
  public ChapMode chap() {
    return ChapMode.MUTUAL;
  }

  @Override
  public Export export(
      Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline) {
    String problem = "cannot export zvol '" + zvol.name() + "' to '" + admitted.initiator() + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemoryVolume volume =
          state.volumeAt(zvol.device()).orElseThrow(() -> noDevice(problem, zvol));
      Target target = targetOf(id, generation);
      MemoryExport existing = state.exportOf(id).orElse(null);
      if (existing == null) {
        checkFree(volume, problem);
        existing = new MemoryExport(nas, target, id, volume, admitted);
        state.add(existing);
      }
      checkSame(existing, volume, target, admitted.initiator(), problem);
      if (admitted.chap() != null) {
        existing.admitted = admitted;
      }
      return toExport(existing);
    }
  }

  private void checkFree(MemoryVolume volume, String problem) {
    state
        .exportOf(volume)
        .ifPresent(
            other -> {
              throw refused(problem, "its device is held by target '" + other.target.iqn() + "'");
            });
    if (!volume.holders.isEmpty()) {
      throw refused(problem, "its device is held by " + String.join(", ", volume.holders));
    }
  }

  private void checkSame(
      MemoryExport existing, MemoryVolume volume, Target target, Iqn initiator, String problem) {
    if (!existing.target.equals(target)) {
      throw refused(problem, "another mapping exports it as '" + existing.target.iqn() + "'");
    }
    if (existing.volume != volume) {
      throw refused(
          problem,
          "target '" + existing.target.iqn() + "' shows zvol '" + existing.volume.name + "'");
    }
    if (!existing.nas.equals(nas)) {
      throw refused(problem, "NAS '" + existing.nas + "' exports it");
    }
    if (!existing.admits(initiator)) {
      throw refused(problem, "it is exported to '" + existing.admitted.initiator() + "'");
    }
  }

  @Override
  public void unexport(VolumeId id, OpenSessions sessions, Deadline deadline) {
    String problem = "cannot end the export of volume '" + id + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemoryExport export = state.exportOf(id).orElse(null);
      if (export == null || !export.nas.equals(nas)) {
        return;
      }
      Set<Iqn> open = state.loggedIn(export);
      if (sessions == OpenSessions.REFUSE && !open.isEmpty()) {
        throw refused(problem, "initiator '" + open.iterator().next() + "' is logged in");
      }
      state.remove(export);
    }
  }

  @Override
  public List<Export> list(Deadline deadline) {
    lifecycle.enter("cannot list exports", deadline);
    synchronized (state) {
      return state.exports().stream()
          .filter(export -> export.nas.equals(nas))
          .map(this::toExport)
          .toList();
    }
  }

  private Export toExport(MemoryExport export) {
    return new Export(
        export.id,
        export.target,
        MemoryVolume.deviceOf(export.volume.name),
        Set.of(export.admitted.initiator()),
        state.loggedIn(export),
        export.admitted.mode());
  }

  private static VmStoreException noDevice(String problem, Zvol zvol) {
    return refused(problem, "there is no device '" + zvol.device() + "'");
  }

  private static VmStoreException refused(String problem, String reason) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
        .reason(reason)
        .correction("end that first")
        .build();
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
