package io.vmstore.testkit.simulator;

import io.vmstore.core.NasNode;
import io.vmstore.core.nas.LocalNasService;
import io.vmstore.core.nas.NasPorts;
import io.vmstore.core.nas.RecordStores;
import io.vmstore.core.protocol.RemoteComputeService;
import io.vmstore.core.protocol.RequestDispatcher;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Transport;
import io.vmstore.spi.ZvolManager;
import java.time.Duration;
import java.util.Set;

/** A NAS with one pool. */
final class NasMachine extends Machine {
  static final PoolName POOL = new PoolName("tank");
  private static final Portal PORTAL = Portal.parse("10.0.0.1:3260");

  NasMachine(World world, SimulatedNetwork network, Trouble trouble, String name) {
    super(world, network, trouble, name);
  }

  @Override
  void run(SimulatedProcess life, Gate gate, StateStore store, Transport transport) {
    TargetExporter exporter =
        Defects.exporter(world, life, world.fabric.targetExporter(name, PORTAL));
    ZvolManager zvols = gate.before(ZvolManager.class, world.fabric.zvolManager(POOL));
    TargetExporter gated = gate.before(TargetExporter.class, new WatchedExporter(world, exporter));
    StateStore records = Defects.nasStore(world, store, exporter);
    Transport messages = Defects.nasTransport(world, life, transport);
    if (world.has(Defect.LOCK_NOT_HELD)) {
      serveWithoutTurns(
          new NasPorts(
              zvols,
              gated,
              compute -> new RemoteComputeService(messages, compute, SimulatedNetwork.USERS),
              RecordStores.shared(records),
              life),
          messages);
      return;
    }
    NasNode node =
        NasNode.builder(name, POOL)
            .zvols(zvols)
            .exporter(gated)
            .stores(stores(records))
            .scheduler(life)
            .authorization(SimulatedNetwork.USERS)
            .start();
    awaitBroker(life, () -> node.serve(messages));
  }

  /** Now and then the pool, with the records in it, comes some time after the daemon. */
  private RecordStores stores(StateStore records) {
    Duration lateness = lateness();
    if (!lateness.isZero() && world.has(Defect.RECORDS_NOT_AWAITED)) {
      return RecordStores.shared(Defects.forgetful(records));
    }
    Deadline imported = Deadline.after(lateness, world.clock::nanoTime);
    return RecordStores.inPools(
        Set.of(POOL),
        pool -> {
          if (imported.passed()) {
            return records;
          }
          throw VmStoreException.builder(ErrorCode.NOT_FOUND, "pool '" + pool + "' is not there")
              .build();
        });
  }

  /** Turns live in the service, so with one for each request nobody waits for anybody. */
  private void serveWithoutTurns(NasPorts ports, Transport transport) {
    new LocalNasService(ports).recover();
    transport.serve(
        name,
        request ->
            RequestDispatcher.forNas(
                    new LocalNasService(ports), POOL, ports.scheduler(), SimulatedNetwork.USERS)
                .handle(request));
  }
}
