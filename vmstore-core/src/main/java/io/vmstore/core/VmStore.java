package io.vmstore.core;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.Finding;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.core.desired.NasStorageController;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.LegacyNasService;
import io.vmstore.core.protocol.RemoteComputeService;
import io.vmstore.core.protocol.RemoteNasService;
import io.vmstore.core.protocol.RemoteNode;
import io.vmstore.desired.StorageController;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.Transport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** Where the exports of NASes of the predecessor are. */
  private final Map<NodeName, List<Portal>> legacy;

  private VmStore(
      Transport transport, Authorization authorization, Map<NodeName, List<Portal>> legacy) {
    this.transport = transport;
    this.authorization = authorization;
    this.legacy = Map.copyOf(legacy);
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
    return new VmStore(transport, authorization, Map.of());
  }

  /**
   * {@return the same frontend, for which a NAS is of the predecessor and is spoken to in its
   * dialect} What is lost with it is in docs/legacy.md; it needs a transport over AMQP.
   *
   * @param nas its name
   * @param portals where its targets listen, which it does not tell
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when there is no portal
   */
  public VmStore withLegacyNas(NodeName nas, List<Portal> portals) {
    if (portals.isEmpty()) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "legacy NAS '" + nas + "' has no portal")
          .correction("name the addresses that its targets listen at")
          .build();
    }
    Map<NodeName, List<Portal>> more = new HashMap<>(legacy);
    more.put(nas, List.copyOf(portals));
    return new VmStore(transport, authorization, more);
  }

  /**
   * {@return the NAS of that name, present or not: a call to an absent one fails with UNAVAILABLE}
   */
  public NasService nas(NodeName name) {
    List<Portal> portals = legacy.get(name);
    return portals == null
        ? new RemoteNasService(transport, name, authorization)
        : new LegacyNasService(transport, name, portals, authorization);
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
   * {@return brings volumes of all NASes to desired states}
   *
   * @param scheduler time and threads, such as {@link SystemScheduler}; it stays the caller's
   */
  public StorageController controller(Scheduler scheduler) {
    return new NasStorageController(this::nas, scheduler);
  }

  /**
   * {@return the compute node of that name, present or not: a call to an absent one fails with
   * UNAVAILABLE}
   */
  public ComputeService compute(NodeName name) {
    return new RemoteComputeService(transport, name, authorization);
  }
}
