package io.vmstore.core;

import io.vmstore.ComputeService;
import io.vmstore.core.compute.LocalComputeService;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.RequestDispatcher;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.Transport;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A compute node at work: the role, listening under its name. It uses the ports it is given and
 * leaves them to their maker, who closes them after it; closing the transport is what stops new
 * requests.
 *
 * <p>What was attached before comes back without a broker; {@link #serve} is for whatever is asked
 * from then on.
 *
 * <p>Obtained from {@link #builder}. Thread safety: immutable; builders are not thread-safe.
 */
public final class ComputeNode {
  private final NodeName name;
  private final Scheduler scheduler;
  private final Authorization authorization;
  private final LocalComputeService service;
  private final CompletableFuture<Void> recovered;

  private ComputeNode(Builder given) {
    this.name = given.name;
    this.scheduler = Objects.requireNonNull(given.scheduler, "scheduler");
    this.authorization = given.authorization;
    this.service =
        new LocalComputeService(
            Objects.requireNonNull(given.connector, "connector"),
            Objects.requireNonNull(given.store, "store"),
            scheduler);
    this.recovered = service.recover();
  }

  /**
   * Begins a compute node.
   *
   * @param name where it listens
   */
  public static Builder builder(NodeName name) {
    return new Builder(name);
  }

  /** {@return where it listens} */
  public NodeName name() {
    return name;
  }

  /** {@return the role itself, for calls from this process} */
  public ComputeService service() {
    return service;
  }

  /** {@return completes once everything that was attached before is attached again} */
  public CompletableFuture<Void> recovered() {
    return recovered.copy();
  }

  /**
   * Begins to answer requests, recovered or not. After a failure the node goes on as before, and
   * the call can be repeated, with another transport as well.
   *
   * @return this node
   * @throws io.vmstore.error.VmStoreException ALREADY_EXISTS: another node listens under this name;
   *     UNAVAILABLE: the broker cannot be reached
   */
  public ComputeNode serve(Transport transport) {
    transport.serve(
        name,
        RequestDispatcher.forCompute(service, scheduler, authorization)
            .within(transport.maximumBodyBytes()));
    return this;
  }

  /** Collects what a compute node acts upon. Everything but the authorization is required. */
  public static final class Builder {
    private final NodeName name;
    private @Nullable TargetConnector connector;
    private @Nullable StateStore store;
    private @Nullable Scheduler scheduler;
    private Authorization authorization = Authorization.standard();

    private Builder(NodeName name) {
      this.name = Objects.requireNonNull(name, "name");
    }

    /** Attaches the exports. */
    public Builder connector(TargetConnector targetConnector) {
      this.connector = targetConnector;
      return this;
    }

    /** Keeps the records. */
    public Builder store(StateStore stateStore) {
      this.store = stateStore;
      return this;
    }

    /** Gives time and threads. */
    public Builder scheduler(Scheduler nodeScheduler) {
      this.scheduler = nodeScheduler;
      return this;
    }

    /** Says who may ask for something; by default {@link Authorization#standard}. */
    public Builder authorization(Authorization nodeAuthorization) {
      this.authorization = nodeAuthorization;
      return this;
    }

    /**
     * Reads the records and begins, in the background, to attach again what is on record.
     *
     * @throws io.vmstore.error.VmStoreException INTERNAL: a record cannot be read
     * @throws NullPointerException when something was not given
     */
    public ComputeNode start() {
      return new ComputeNode(this);
    }
  }
}
