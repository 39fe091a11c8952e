package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a machine finds at a portal: an array's target, or an export of a NAS. Guarded by the
 * monitor of {@link FabricState}.
 */
record Reach(FabricState state, NodeName compute, Iqn initiator) {
  /** {@return why a login would fail, if it would} */
  Optional<ErrorCode> refusal(Portal portal, TargetName target, @Nullable ChapLogin chap) {
    if (!answers(portal)) {
      return Optional.of(ErrorCode.UNAVAILABLE);
    }
    MemoryTarget array = array(portal, target);
    MemoryExport export = export(portal, target);
    if (array == null && export == null) {
      return Optional.of(ErrorCode.NOT_FOUND);
    }
    boolean admitted =
        array != null
            ? array.admits(initiator) && array.believes(chap)
            : export != null && export.admits(initiator) && believes(export, chap);
    return admitted ? Optional.empty() : Optional.of(ErrorCode.PERMISSION_DENIED);
  }

  /** {@return the disk that a session talks to now, if it is alive and has one} */
  Optional<MemoryDisk> disk(HostSession session, int lun) {
    if (refusal(session.portal(), session.target(), session.chap()).isPresent()) {
      return Optional.empty();
    }
    MemoryTarget array = array(session.portal(), session.target());
    if (array != null) {
      return array.disk(lun);
    }
    return Optional.ofNullable(export(session.portal(), session.target()))
        .filter(export -> lun == 0)
        .map(MemoryDisk.OfExport::new);
  }

  private boolean answers(Portal portal) {
    NodeName nas = state.portals.get(portal);
    return !state.cut.contains(portal)
        && !state.unplugged.contains(compute)
        && (nas != null ? state.reaches(compute, nas) : state.arrayPortals.contains(portal));
  }

  private @Nullable MemoryTarget array(Portal portal, TargetName target) {
    MemoryTarget found = state.targets.get(target);
    return found != null && found.portals.contains(portal) ? found : null;
  }

  private @Nullable MemoryExport export(Portal portal, TargetName target) {
    MemoryExport found = state.exportAt(target.value()).orElse(null);
    return found != null && found.nas.equals(state.portals.get(portal)) ? found : null;
  }

  private boolean believes(MemoryExport export, @Nullable ChapLogin chap) {
    if (chap == null) {
      return export.believes(null);
    }
    try {
      return chap.username().equals(initiator.value())
          && export.believes(new ChapSecrets(chap.password(), chap.targetPassword()));
    } catch (VmStoreException e) {
      return false; // what is no secret of ours is none that an export has
    }
  }
}
