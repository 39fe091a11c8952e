package io.vmstore.core;

import io.vmstore.ComputeService;
import io.vmstore.NasService;
import io.vmstore.core.nas.LocalNasService;
import io.vmstore.core.nas.NasPorts;
import io.vmstore.core.nas.RecordStores;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.LegacyComputeService;
import io.vmstore.core.protocol.LegacyPeer;
import io.vmstore.core.protocol.RemoteComputeService;
import io.vmstore.core.protocol.RequestDispatcher;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.spi.ZvolManager;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A NAS at work: the role, listening under its name. It uses the ports it is given and leaves them
 * to their maker, who closes them after it; closing the transport is what stops new requests.
 *
 * <p>Obtained from {@link #builder}. Thread safety: immutable; builders are not thread-safe.
 */
public final class NasNode {
  private final NodeName name;
  private final NasService service;
  private final CompletableFuture<Void> recovered;

  private NasNode(NodeName name, NasService service, CompletableFuture<Void> recovered) {
    this.name = name;
    this.service = service;
    this.recovered = recovered;
  }

  /**
   * Begins a NAS.
   *
   * @param name where it listens
   * @param defaultPool the pool of requests that name none
   */
  public static Builder builder(NodeName name, PoolName defaultPool) {
    return new Builder(name, defaultPool);
  }

  /** {@return where it listens} */
  public NodeName name() {
    return name;
  }

  /** {@return the role itself, for calls from this process} */
  public NasService service() {
    return service;
  }

  /**
   * {@return completes once every mapping of before is exported again and what was under way has
   * ended} The node answers requests meanwhile.
   */
  public CompletableFuture<Void> recovered() {
    return recovered.copy();
  }

  /** Collects what a NAS acts upon. Everything but the authorization is required. */
  public static final class Builder {
    private final NodeName name;
    private final PoolName defaultPool;
    private @Nullable ZvolManager zvols;
    private @Nullable TargetExporter exporter;
    private @Nullable RecordStores stores;
    private @Nullable Transport transport;
    private @Nullable Scheduler scheduler;
    private Authorization authorization = Authorization.standard();
    private Map<NodeName, LegacyPeer> legacyPeers = Map.of();

    private Builder(NodeName name, PoolName defaultPool) {
      this.name = Objects.requireNonNull(name, "name");
      this.defaultPool = Objects.requireNonNull(defaultPool, "defaultPool");
    }

    /** Keeps the volumes. */
    public Builder zvols(ZvolManager manager) {
      this.zvols = manager;
      return this;
    }

    /** Exports the volumes. */
    public Builder exporter(TargetExporter targetExporter) {
      this.exporter = targetExporter;
      return this;
    }

    /** Keeps the records of all pools. */
    public Builder store(StateStore stateStore) {
      return stores(RecordStores.shared(stateStore));
    }

    /** Keeps the records: instead of {@link #store}, when each pool has its own with it. */
    public Builder stores(RecordStores recordStores) {
      this.stores = recordStores;
      return this;
    }

    /** Brings requests, and reaches compute nodes. */
    public Builder transport(Transport nodeTransport) {
      this.transport = nodeTransport;
      return this;
    }

    /** Gives time and threads. */
    public Builder scheduler(Scheduler nodeScheduler) {
      this.scheduler = nodeScheduler;
      return this;
    }

    /**
     * Says who may ask for something, and whose answers as a compute node are believed; by default
     * {@link Authorization#standard}.
     */
    public Builder authorization(Authorization nodeAuthorization) {
      this.authorization = nodeAuthorization;
      return this;
    }

    /**
     * Names the compute nodes that are of the predecessor, and are spoken to in its dialect. With
     * them identity, generations and CHAP are lost, see docs/legacy.md. By default there are none.
     *
     * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when one is named twice
     */
    public Builder legacyPeers(Collection<LegacyPeer> peers) {
      this.legacyPeers = LegacyPeer.byName(peers);
      return this;
    }

    /**
     * Reads the records, begins to answer requests, and in the background brings what is there to
     * what is on record.
     *
     * @throws io.vmstore.error.VmStoreException INTERNAL: a record cannot be read; ALREADY_EXISTS:
     *     another node listens under this name; UNAVAILABLE: the broker cannot be reached
     * @throws NullPointerException when something was not given
     */
    public NasNode start() {
      Transport messages = Objects.requireNonNull(transport, "transport");
      Authorization users = authorization;
      NasPorts ports =
          new NasPorts(
              Objects.requireNonNull(zvols, "zvols"),
              Objects.requireNonNull(exporter, "exporter"),
              compute -> compute(compute, messages, users),
              Objects.requireNonNull(stores, "stores"),
              Objects.requireNonNull(scheduler, "scheduler"),
              legacyPeers.keySet());
      LocalNasService service = new LocalNasService(ports);
      messages.serve(
          name,
          RequestDispatcher.forNas(service, defaultPool, ports.scheduler(), users)
              .within(messages.maximumBodyBytes()));
      return new NasNode(name, service, service.recover());
    }

    private ComputeService compute(NodeName compute, Transport messages, Authorization users) {
      LegacyPeer legacy = legacyPeers.get(compute);
      return legacy == null
          ? new RemoteComputeService(messages, compute, users)
          : new LegacyComputeService(messages, name, legacy, users);
    }
  }
}
