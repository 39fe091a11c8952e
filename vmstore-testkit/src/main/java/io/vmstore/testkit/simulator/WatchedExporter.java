package io.vmstore.testkit.simulator;

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

/**
 * Sees whether an export is ended under a session that nobody has given back or fenced off, and
 * whether a mapping is ever exported to another admission than at first.
 */
final class WatchedExporter implements TargetExporter {
  private final World world;
  private final TargetExporter delegate;

  WatchedExporter(World world, TargetExporter delegate) {
    this.world = world;
    this.delegate = delegate;
  }

  @Override
  public Target targetOf(ZvolName zvol, VolumeId id, long generation) {
    return delegate.targetOf(zvol, id, generation);
  }

  @Override
  public ChapMode chap() {
    return delegate.chap();
  }

  @Override
  public Export export(
      Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline) {
    Export export = delegate.export(zvol, id, generation, admitted, deadline);
    Admission first = world.admitted.putIfAbsent(export.target(), admitted);
    if (first != null && !first.equals(admitted)) {
      world.violation("'{}' asks for other secrets than before", export.target().iqn());
    }
    return export;
  }

  @Override
  public void unexport(VolumeId id, OpenSessions sessions, Deadline deadline) {
    List<Export> inUse =
        delegate.list(deadline).stream()
            .filter(export -> export.volume().equals(id) && !export.sessions().isEmpty())
            .filter(export -> !fencing(export))
            .toList();
    delegate.unexport(id, sessions, deadline);
    inUse.forEach(
        export ->
            world.violation(
                "'{}' is ended under the session of {}", export.target().iqn(), export.sessions()));
  }

  private boolean fencing(Export export) {
    String device = export.device().value();
    return world.fencing.stream().anyMatch(zvol -> device.endsWith("/" + zvol));
  }

  @Override
  public List<Export> list(Deadline deadline) {
    return delegate.list(deadline);
  }

  @Override
  public void close() {
    delegate.close();
  }
}
