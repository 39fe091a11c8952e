package io.vmstore.testkit.fault;

import io.vmstore.model.ChapMode;
import io.vmstore.model.Deadline;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import java.util.List;

/** A port under a {@link FaultPlan}. */
final class FaultyTargetExporter implements TargetExporter {
  private final TargetExporter port;
  private final FaultPlan faults;

  FaultyTargetExporter(TargetExporter port, FaultPlan faults) {
    this.port = port;
    this.faults = faults;
  }

  @Override
  public Target targetOf(ZvolName zvol, VolumeId id, long generation) {
    return faults.around(PortCall.EXPORT_TARGET_OF, () -> port.targetOf(zvol, id, generation));
  }

  @Override
  public ChapMode chap() {
    return port.chap();
  }

  @Override
  public Export export(
      Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline) {
    return faults.around(
        PortCall.EXPORT_EXPORT, () -> port.export(zvol, id, generation, admitted, deadline));
  }

  @Override
  public void unexport(VolumeId id, OpenSessions sessions, Deadline deadline) {
    faults.around(PortCall.EXPORT_UNEXPORT, () -> port.unexport(id, sessions, deadline));
  }

  @Override
  public List<Export> list(Deadline deadline) {
    return faults.around(PortCall.EXPORT_LIST, () -> port.list(deadline));
  }

  @Override
  public void close() {
    port.close();
  }
}
