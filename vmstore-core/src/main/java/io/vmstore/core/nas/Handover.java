package io.vmstore.core.nas;

import io.vmstore.ExposeZvol;
import io.vmstore.MapZvol;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import org.jspecify.annotations.Nullable;

/**
 * Into whose hands a volume is to be put.
 *
 * @param zvol the volume
 * @param host who gets it
 * @param initiator the name it logs in with when somebody else drives it; null when {@code host} is
 *     a compute node, which is asked for its name, and told to attach
 * @param size the volume's size if it has to be created
 */
record Handover(ZvolName zvol, NodeName host, @Nullable Iqn initiator, ByteSize size) {
  static Handover of(MapZvol request) {
    return new Handover(request.zvol(), request.remoteHost(), null, request.size());
  }

  static Handover of(ExposeZvol request) {
    return new Handover(request.zvol(), request.host(), request.initiator(), request.size());
  }

  boolean exposes() {
    return initiator != null;
  }

  /** {@return whether that is what the record says of its mapping} */
  boolean isThatOf(VolumeRecord record) {
    return host.equals(record.host())
        && record.exposed() == exposes()
        && (initiator == null || initiator.equals(record.admission().initiator()));
  }

  /** {@return what is attempted, for errors} */
  String attempt() {
    String to = initiator == null ? "" : ", as '" + initiator + "'";
    return "cannot "
        + (exposes() ? "expose" : "map")
        + " zvol '"
        + zvol
        + "' to '"
        + host
        + "'"
        + to;
  }
}
