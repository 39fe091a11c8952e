package io.vmstore.core;

import io.vmstore.ComputeService;
import io.vmstore.NasService;
import io.vmstore.core.protocol.RemoteComputeService;
import io.vmstore.core.protocol.RemoteNasService;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;

/**
 * A frontend: reaches NAS and compute nodes by name. It holds no resource but the transport, which
 * stays its maker's.
 *
 * <p>Obtained from {@link #over}. Thread safety: thread-safe.
 */
public final class VmStore {
  private final Transport transport;

  private VmStore(Transport transport) {
    this.transport = transport;
  }

  /** {@return a frontend that talks over the given transport} */
  public static VmStore over(Transport transport) {
    return new VmStore(transport);
  }

  /**
   * {@return the NAS of that name, present or not: a call to an absent one fails with UNAVAILABLE}
   */
  public NasService nas(NodeName name) {
    return new RemoteNasService(transport, name);
  }

  /**
   * {@return the compute node of that name, present or not: a call to an absent one fails with
   * UNAVAILABLE}
   */
  public ComputeService compute(NodeName name) {
    return new RemoteComputeService(transport, name);
  }
}
