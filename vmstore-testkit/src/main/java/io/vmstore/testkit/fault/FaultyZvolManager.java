package io.vmstore.testkit.fault;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A port under a {@link FaultPlan}. */
final class FaultyZvolManager implements ZvolManager {
  private final ZvolManager port;
  private final FaultPlan faults;

  FaultyZvolManager(ZvolManager port, FaultPlan faults) {
    this.port = port;
    this.faults = faults;
  }

  @Override
  public Zvol ensure(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    return faults.around(PortCall.ZVOL_ENSURE, () -> port.ensure(name, id, size, deadline));
  }

  @Override
  public Zvol grow(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    return faults.around(PortCall.ZVOL_GROW, () -> port.grow(name, id, size, deadline));
  }

  @Override
  public Optional<Zvol> find(ZvolName name, Deadline deadline) {
    return faults.around(PortCall.ZVOL_FIND, () -> port.find(name, deadline));
  }

  @Override
  public List<Zvol> list(Deadline deadline) {
    return faults.around(PortCall.ZVOL_LIST, () -> port.list(deadline));
  }

  @Override
  public List<Zvol> list(@Nullable ZvolName after, int limit, Deadline deadline) {
    return faults.around(PortCall.ZVOL_LIST, () -> port.list(after, limit, deadline));
  }

  @Override
  public void delete(ZvolName name, VolumeId id, Deadline deadline) {
    faults.around(PortCall.ZVOL_DELETE, () -> port.delete(name, id, deadline));
  }

  @Override
  public void close() {
    port.close();
  }
}
