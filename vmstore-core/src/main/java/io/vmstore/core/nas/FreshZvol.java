package io.vmstore.core.nas;

import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Zvol;
import java.util.Optional;

/** The zvol that a mapping created, when the mapping comes to nothing. */
final class FreshZvol {
  private FreshZvol() {}

  /**
   * Removes the zvol if the mapping on record created it; any other keeps its data.
   *
   * @return whether there certainly is no zvol of that name any more
   */
  static boolean remove(NasPorts ports, VolumeRecord record, Deadline deadline) {
    Optional<Zvol> found = ports.zvols().find(record.zvol(), deadline);
    if (found.isEmpty()) {
      return true;
    }
    Intent intent = record.intent();
    boolean created =
        intent != null
            && intent.fresh()
            && found.get().created()
            && record.id().equals(found.get().markedId());
    if (created) {
      ports.zvols().delete(record.zvol(), record.id(), deadline);
    }
    return created;
  }
}
