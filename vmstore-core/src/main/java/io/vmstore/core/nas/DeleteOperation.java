package io.vmstore.core.nas;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.OperationId;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import java.util.Optional;

/** Destroys one volume: intent on record, zvol, record. It blocks. */
final class DeleteOperation implements Runnable {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final ZvolName zvol;
  private final OperationId operation;
  private final Deadline deadline;

  DeleteOperation(
      NasPorts ports,
      VolumeRecords records,
      ZvolName zvol,
      OperationId operation,
      Deadline deadline) {
    this.ports = ports;
    this.records = records;
    this.zvol = zvol;
    this.operation = operation;
    this.deadline = deadline;
  }

  @Override
  public void run() {
    Optional<VolumeRecord> record = records.certain(zvol);
    if (record.isPresent()) {
      deleteRecorded(record.get());
    } else {
      ports
          .zvols()
          .find(zvol, deadline)
          .ifPresent(found -> ports.zvols().delete(zvol, ownId(found), deadline));
    }
  }

  private void deleteRecorded(VolumeRecord before) {
    if (before.host() != null) {
      throw refused("it is " + before.state() + " with '" + before.host() + "'", "unmap it first");
    }
    records.put(before.deleting(operation));
    try {
      ports.zvols().delete(zvol, before.id(), deadline);
    } catch (VmStoreException e) {
      if (!e.outcomeUnknown()) {
        VolumeRecords.afterEffect(() -> records.put(before));
      }
      throw e;
    }
    VolumeRecords.afterEffect(() -> records.remove(zvol));
  }

  private VolumeId ownId(Zvol found) {
    return found
        .id()
        .orElseThrow(
            () ->
                refused(
                    "vmstore has never had it in hand",
                    "map and unmap it once, so that it becomes vmstore's, or destroy it with 'zfs destroy'"));
  }

  private VmStoreException refused(String reason, String correction) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "cannot delete zvol '" + zvol + "'")
        .reason(reason)
        .correction(correction)
        .build();
  }
}
