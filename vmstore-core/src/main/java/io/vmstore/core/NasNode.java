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
import io.vmstore.error.VmStoreException;
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
 * <p>What was exported before comes back without a broker, whose own disk may be on this NAS;
 * {@link #serve} is for whatever is asked from then on.
 *
 * <p>Obtained from {@link #builder}. Thread safety: thread-safe; builders are not.
 */
public final class NasNode {
  private final NodeName name;
  private final PoolName defaultPool;
  private final Scheduler scheduler;
  private final Authorization authorization;
  private final Map<NodeName, LegacyPeer> legacyPeers;
  private final LocalNasService service;
  private final CompletableFuture<Void> recovered;
  private volatile Transport messages = new NoTransport();

  private NasNode(Builder given) {
    this.name = given.name;
    this.defaultPool = given.defaultPool;
    this.scheduler = Objects.requireNonNull(given.scheduler, "scheduler");
    this.authorization = given.authorization;
    this.legacyPeers = given.legacyPeers;
    this.service =
        new LocalNasService(
            new NasPorts(
                Objects.requireNonNull(given.zvols, "zvols"),
                Objects.requireNonNull(given.exporter, "exporter"),
                this::compute,
                Objects.requireNonNull(given.stores, "stores"),
                scheduler,
                legacyPeers.keySet()));
    this.recovered = service.recover();
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
   * ended} The latter may take compute nodes, which are asked when the NAS serves.
   */
  public CompletableFuture<Void> recovered() {
    return recovered.copy();
  }

  /**
   * Begins to answer requests, recovered or not, and to ask compute nodes. After a failure the node
   * goes on as before, and the call can be repeated, with another transport as well.
   *
   * @return this node
   * @throws VmStoreException ALREADY_EXISTS: another node listens under this name; UNAVAILABLE: the
   *     broker cannot be reached
   */
  public synchronized NasNode serve(Transport transport) {
    Transport before = messages;
    messages = transport; // the first request may need it at once
    try {
      transport.serve(
          name,
          RequestDispatcher.forNas(service, defaultPool, scheduler, authorization)
              .within(transport.maximumBodyBytes()));
    } catch (VmStoreException e) {
      messages = before;
      throw e;
    }
    if (!recovered.isDone()) {
      service.recover();
    }
    return this;
  }

  private ComputeService compute(NodeName compute) {
    LegacyPeer legacy = legacyPeers.get(compute);
    return legacy == null
        ? new RemoteComputeService(messages, compute, authorization)
        : new LegacyComputeService(messages, name, legacy, authorization);
  }

  /** Collects what a NAS acts upon. Everything but the authorization is required. */
  public static final class Builder {
    private final NodeName name;
    private final PoolName defaultPool;
    private @Nullable ZvolManager zvols;
    private @Nullable TargetExporter exporter;
    private @Nullable RecordStores stores;
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
     * @throws VmStoreException INVALID_ARGUMENT when one is named twice
     */
    public Builder legacyPeers(Collection<LegacyPeer> peers) {
      this.legacyPeers = LegacyPeer.byName(peers);
      return this;
    }

    /**
     * Reads the records and begins, in the background, to bring what is there to what is on record.
     *
     * @throws VmStoreException INTERNAL: a record cannot be read
     * @throws NullPointerException when something was not given
     */
    public NasNode start() {
      return new NasNode(this);
    }
  }
}
