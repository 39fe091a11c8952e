package io.vmstore.core;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.Finding;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.RemoteComputeService;
import io.vmstore.core.protocol.RemoteNasService;
import io.vmstore.core.protocol.RemoteNode;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A frontend: reaches NAS and compute nodes by name. It holds no resource but the transport, which
 * stays its maker's.
 *
 * <p>Obtained from {@link #over}. Thread safety: thread-safe.
 */
public final class VmStore {
  private final Transport transport;
  private final Authorization authorization;

  private VmStore(Transport transport, Authorization authorization) {
    this.transport = transport;
    this.authorization = authorization;
  }

  /**
   * {@return a frontend that talks over the given transport, to nodes whose users have the standard
   * names}
   */
  public static VmStore over(Transport transport) {
    return over(transport, Authorization.standard());
  }

  /**
   * {@return a frontend that talks over the given transport}
   *
   * @param authorization who may answer as which node; an answer of somebody else fails the call
   *     with PERMISSION_DENIED
   */
  public static VmStore over(Transport transport, Authorization authorization) {
    return new VmStore(transport, authorization);
  }

  /**
   * {@return the NAS of that name, present or not: a call to an absent one fails with UNAVAILABLE}
   */
  public NasService nas(NodeName name) {
    return new RemoteNasService(transport, name, authorization);
  }

  /**
   * Has a node reconcile, whichever role it has.
   *
   * @return what it found
   */
  public CompletableFuture<List<Finding>> reconcile(
      NodeName name, Repair repair, CallOptions options) {
    return RemoteNode.ofEitherRole(transport, name, authorization).reconcile(repair, options);
  }

  /**
   * {@return the compute node of that name, present or not: a call to an absent one fails with
   * UNAVAILABLE}
   */
  public ComputeService compute(NodeName name) {
    return new RemoteComputeService(transport, name, authorization);
  }
}
