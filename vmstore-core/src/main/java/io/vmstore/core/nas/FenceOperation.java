package io.vmstore.core.nas;

import io.vmstore.core.flow.Failures;
import io.vmstore.core.nas.Fences.Fence;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.spi.TargetExporter.OpenSessions;
import java.util.Objects;

/**
 * Takes one volume from a compute node without asking it: intent on record, the node noted as to be
 * told, end of the export with its session seen gone, UNMAPPED on record. It blocks.
 */
final class FenceOperation {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final Fences fences;
  private final OperationId operation;
  private final Deadline deadline;

  FenceOperation(
      NasPorts ports,
      VolumeRecords records,
      Fences fences,
      OperationId operation,
      Deadline deadline) {
    this.ports = ports;
    this.records = records;
    this.fences = fences;
    this.operation = operation;
    this.deadline = deadline;
  }

  void run(VolumeRecord before) {
    NodeName host = Objects.requireNonNull(before.host());
    records.put(before.fencing(operation));
    try {
      fence(before, host);
    } catch (VmStoreException e) {
      // From here on it is never turned back: what is not done now is done by the recovery.
      throw Failures.withOutcome(e, true);
    }
  }

  private void fence(VolumeRecord before, NodeName host) {
    if (!before.exposed()) { // nobody could be told
      fences.add(
          new Fence(before.zvol(), before.id(), host, ports.targetOf(before), before.generation()));
    }
    ports.exporter().unexport(before.id(), OpenSessions.END, deadline);
    records.put(before.unmapped(operation));
  }
}
