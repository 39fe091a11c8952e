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
 * <p>Obtained from {@link #builder}. Thread safety: immutable; builders are not thread-safe.
 */
public final class ComputeNode {
  private final NodeName name;
  private final ComputeService service;
  private final CompletableFuture<Void> recovered;

  private ComputeNode(NodeName name, ComputeService service, CompletableFuture<Void> recovered) {
    this.name = name;
    this.service = service;
    this.recovered = recovered;
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

  /**
   * {@return completes once everything that was attached before is attached again} The node answers
   * requests meanwhile.
   */
  public CompletableFuture<Void> recovered() {
    return recovered.copy();
  }

  /** Collects what a compute node acts upon. Everything but the authorization is required. */
  public static final class Builder {
    private final NodeName name;
    private @Nullable TargetConnector connector;
    private @Nullable StateStore store;
    private @Nullable Transport transport;
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

    /** Brings requests. */
    public Builder transport(Transport nodeTransport) {
      this.transport = nodeTransport;
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
     * Reads the records, begins to answer requests, and in the background brings what is there to
     * what is on record.
     *
     * @throws io.vmstore.error.VmStoreException INTERNAL: a record cannot be read; ALREADY_EXISTS:
     *     another node listens under this name; UNAVAILABLE: the broker cannot be reached
     * @throws NullPointerException when something was not given
     */
    public ComputeNode start() {
      Scheduler time = Objects.requireNonNull(scheduler, "scheduler");
      LocalComputeService service =
          new LocalComputeService(
              Objects.requireNonNull(connector, "connector"),
              Objects.requireNonNull(store, "store"),
              time);
      Transport messages = Objects.requireNonNull(transport, "transport");
      messages.serve(
          name,
          RequestDispatcher.forCompute(service, time, authorization)
              .within(messages.maximumBodyBytes()));
      return new ComputeNode(name, service, service.recover());
    }
  }
}
