package io.vmstore.testkit.fault;

import io.vmstore.spi.StateStore;
import java.util.Map;

/** A port under a {@link FaultPlan}. */
final class FaultyStateStore implements StateStore {
  private final StateStore port;
  private final FaultPlan faults;

  FaultyStateStore(StateStore port, FaultPlan faults) {
    this.port = port;
    this.faults = faults;
  }

  @Override
  public Map<String, byte[]> readAll() {
    return faults.around(PortCall.STATE_READ_ALL, port::readAll);
  }

  @Override
  public void write(String key, byte[] value) {
    faults.around(PortCall.STATE_WRITE, () -> port.write(key, value));
  }

  @Override
  public void remove(String key) {
    faults.around(PortCall.STATE_REMOVE, () -> port.remove(key));
  }

  @Override
  public void close() {
    port.close();
  }
}
