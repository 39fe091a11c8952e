package io.vmstore.testkit.fault;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A port under a {@link FaultPlan}. */
final class FaultyTargetConnector implements TargetConnector {
  private final TargetConnector port;
  private final FaultPlan faults;

  FaultyTargetConnector(TargetConnector port, FaultPlan faults) {
    this.port = port;
    this.faults = faults;
  }

  @Override
  public Iqn initiator() {
    return faults.around(PortCall.CONNECT_INITIATOR, port::initiator);
  }

  @Override
  public ConnectedDevice connect(
      Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline) {
    return faults.around(PortCall.CONNECT_CONNECT, () -> port.connect(target, id, chap, deadline));
  }

  @Override
  public void disconnect(Target target, VolumeId id, Deadline deadline) {
    faults.around(PortCall.CONNECT_DISCONNECT, () -> port.disconnect(target, id, deadline));
  }

  @Override
  public ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline) {
    return faults.around(PortCall.CONNECT_EXTEND, () -> port.extend(target, id, size, deadline));
  }

  @Override
  public List<ConnectedDevice> list(Deadline deadline) {
    return faults.around(PortCall.CONNECT_LIST, () -> port.list(deadline));
  }

  @Override
  public void close() {
    port.close();
  }
}
