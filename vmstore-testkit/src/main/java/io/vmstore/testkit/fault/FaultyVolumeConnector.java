package io.vmstore.testkit.fault;

import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.Deadline;
import io.vmstore.spi.VolumeConnector;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A port under a {@link FaultPlan}. */
final class FaultyVolumeConnector implements VolumeConnector {
  private final VolumeConnector port;
  private final FaultPlan faults;

  FaultyVolumeConnector(VolumeConnector port, FaultPlan faults) {
    this.port = port;
    this.faults = faults;
  }

  @Override
  public ConnectorInfo connectorInfo() {
    return faults.around(PortCall.VOLUME_INFO, port::connectorInfo);
  }

  @Override
  public Device connect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    return faults.around(
        PortCall.VOLUME_CONNECT, () -> port.connect(name, connection, wwn, deadline));
  }

  @Override
  public void disconnect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    faults.around(
        PortCall.VOLUME_DISCONNECT, () -> port.disconnect(name, connection, wwn, deadline));
  }

  @Override
  public Optional<Device> find(
      String name, IscsiConnection connection, String wwn, Deadline deadline) {
    return faults.around(PortCall.VOLUME_FIND, () -> port.find(name, connection, wwn, deadline));
  }

  @Override
  public Device extend(String name, IscsiConnection connection, String wwn, Deadline deadline) {
    return faults.around(
        PortCall.VOLUME_EXTEND, () -> port.extend(name, connection, wwn, deadline));
  }

  @Override
  public void close() {
    port.close();
  }
}
