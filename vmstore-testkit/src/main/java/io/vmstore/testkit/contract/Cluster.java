package io.vmstore.testkit.contract;

import io.vmstore.ComputeService;
import io.vmstore.NasService;
import io.vmstore.core.ComputeNode;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.compute.LocalComputeService;
import io.vmstore.core.nas.LocalNasService;
import io.vmstore.core.nas.NasPorts;
import io.vmstore.core.nas.RecordStores;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.model.NodeName;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.fault.FaultPlan;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A NAS and two compute nodes at work, every port of theirs under one {@link FaultPlan}, and a
 * frontend that calls them: by method call ({@link #local}) or through the protocol ({@link
 * #over}). Nodes can be stopped and started; a start finds the records of the run before.
 *
 * <p>Thread safety: used by one test's thread; the services may be called from any.
 */
public final class Cluster implements AutoCloseable {
  /** The NAS. */
  public static final NodeName NAS = new NodeName("nas1");

  /** A compute node. */
  public static final NodeName HOST = new NodeName("vm1");

  /** Another, whose name begins as the first one's. */
  public static final NodeName OTHER_HOST = new NodeName("vm10");

  /** A compute node that does not exist. */
  public static final NodeName ABSENT_HOST = new NodeName("vm100");

  private static final NodeName FRONTEND = new NodeName("frontend");

  private final Storage storage;
  private final @Nullable Function<NodeName, Transport> network;
  private final @Nullable Transport frontend;
  private final Authorization authorization;
  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final FaultPlan faults = new FaultPlan();
  private final Map<NodeName, Running> nodes = new ConcurrentHashMap<>();

  /** A node that was started: its role, its records, and what it opened, in the order to close. */
  private record Running(Object role, StateStore store, List<AutoCloseable> opened) {}

  private Cluster(
      Storage storage,
      @Nullable Function<NodeName, Transport> network,
      Authorization authorization) {
    this.storage = storage;
    this.authorization = authorization;
    this.network = network;
    this.frontend = network == null ? null : network.apply(FRONTEND);
    startCompute(HOST);
    startCompute(OTHER_HOST);
    startNas();
    // Its calls must not be taken for those of the first operation.
    nodes.keySet().forEach(node -> settled(node).join());
  }

  /** {@return a cluster whose roles call each other directly} */
  public static Cluster local(Storage storage) {
    return new Cluster(storage, null, Authorization.standard());
  }

  /**
   * {@return a cluster whose roles, and the frontend, talk over a transport}
   *
   * @param network opens the transport of a machine; the cluster closes it
   * @param authorization lets the frontend ask for everything, and the nodes for what they need
   */
  public static Cluster over(
      Storage storage, Function<NodeName, Transport> network, Authorization authorization) {
    return new Cluster(storage, network, authorization);
  }

  /** {@return whether calls go through the protocol} */
  public boolean remote() {
    return frontend != null;
  }

  /** {@return the NAS, as the frontend sees it} */
  public NasService nas() {
    return frontend == null
        ? (NasService) Objects.requireNonNull(nodes.get(NAS)).role()
        : VmStore.over(frontend, authorization).nas(NAS);
  }

  /** {@return a compute node, running or not, as the frontend sees it} */
  public ComputeService compute(NodeName host) {
    if (frontend != null) {
      return VmStore.over(frontend, authorization).compute(host);
    }
    Running running = nodes.get(host);
    return running == null ? new AbsentComputeService(host) : (ComputeService) running.role();
  }

  /** {@return what the nodes work on} */
  public Storage storage() {
    return storage;
  }

  /** {@return what goes wrong} */
  public FaultPlan faults() {
    return faults;
  }

  /** {@return the keys of all records of the NAS, which runs} */
  public Set<String> records() {
    return Objects.requireNonNull(nodes.get(NAS)).store().readAll().keySet();
  }

  /**
   * Has a node that runs look through its records, as after a start or an unknown outcome.
   *
   * @return completes when it has found nothing left to settle
   */
  public CompletableFuture<Void> settled(NodeName name) {
    Object role = Objects.requireNonNull(nodes.get(name), name.value()).role();
    return role instanceof LocalNasService nas
        ? nas.recover()
        : ((LocalComputeService) role).recover();
  }

  /** Starts the NAS. */
  public void startNas() {
    ZvolManager zvols = storage.zvolManager();
    TargetExporter exporter = storage.targetExporter();
    StateStore store = storage.stateStore(NAS);
    if (network == null) {
      LocalNasService role =
          new LocalNasService(
              new NasPorts(
                  faults.wrap(zvols),
                  faults.wrap(exporter),
                  this::compute,
                  RecordStores.shared(faults.wrap(store)),
                  scheduler));
      role.recover();
      nodes.put(NAS, new Running(role, store, List.of(exporter, zvols, store)));
      return;
    }
    Transport transport = network.apply(NAS);
    NasNode node =
        NasNode.builder(NAS, storage.pool())
            .zvols(faults.wrap(zvols))
            .exporter(faults.wrap(exporter))
            .store(faults.wrap(store))
            .scheduler(scheduler)
            .authorization(authorization)
            .start()
            .serve(faults.wrap(transport));
    nodes.put(NAS, new Running(node.service(), store, List.of(transport, exporter, zvols, store)));
  }

  /** Starts a compute node. */
  public void startCompute(NodeName host) {
    TargetConnector connector = storage.targetConnector(host);
    StateStore store = storage.stateStore(host);
    if (network == null) {
      LocalComputeService role =
          new LocalComputeService(faults.wrap(connector), faults.wrap(store), scheduler);
      role.recover();
      nodes.put(host, new Running(role, store, List.of(connector, store)));
      return;
    }
    Transport transport = network.apply(host);
    ComputeNode node =
        ComputeNode.builder(host)
            .connector(faults.wrap(connector))
            .store(faults.wrap(store))
            .scheduler(scheduler)
            .authorization(authorization)
            .start()
            .serve(faults.wrap(transport));
    nodes.put(host, new Running(node.service(), store, List.of(transport, connector, store)));
  }

  /** Stops a node, whose volumes, exports and sessions stay as they are. */
  public void stop(NodeName name) {
    Objects.requireNonNull(nodes.remove(name), name.value()).opened().forEach(Cluster::close);
  }

  /** Stops every node, lets hanging calls go on, and closes the storage. */
  @Override
  public void close() {
    faults.clear();
    List.copyOf(nodes.keySet()).forEach(this::stop);
    if (frontend != null) {
      frontend.close();
    }
    scheduler.close();
    storage.close();
  }

  private static void close(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      throw new AssertionError("cannot close " + resource, e);
    }
  }
}
