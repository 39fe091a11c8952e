package io.vmstore.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ExposeZvol;
import io.vmstore.Finding;
import io.vmstore.MapZvol;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.fault.FaultPlan;
import io.vmstore.testkit.fault.FaultPlan.Fault;
import io.vmstore.testkit.fault.PortCall;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the contracts of the roles share: a cluster, and short words for its calls. */
abstract class RoleContract {
  static final NodeName HOST = Cluster.HOST;
  static final NodeName OTHER_HOST = Cluster.OTHER_HOST;
  static final ByteSize SIZE = ByteSize.mebibytes(16);

  private Cluster running;

  /** {@return a cluster whose storage holds no volume under the contract's names} */
  protected abstract Cluster start();

  /** {@return how long one call may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(20);
  }

  /** {@return a time-out that passes soon, and yet not before a request has been answered} */
  protected Duration shortTimeout() {
    return Duration.ofSeconds(1);
  }

  @BeforeEach
  final void startCluster() {
    running = start();
  }

  @AfterEach
  final void stopCluster() {
    try {
      cleanUp(running.storage());
    } finally {
      running.close();
    }
  }

  /** Storage that outlives a test must not keep what a failed one left. */
  private void cleanUp(Storage storage) {
    running.faults().clear();
    disconnectAll(storage.targetConnector(HOST));
    disconnectAll(storage.targetConnector(OTHER_HOST));
    try (TargetExporter exporter = storage.targetExporter();
        ZvolManager zvols = storage.zvolManager()) {
      exporter
          .list(soon())
          .forEach(export -> exporter.unexport(export.volume(), OpenSessions.END, soon()));
      for (Zvol zvol : zvols.list(soon())) {
        zvol.id().ifPresent(id -> zvols.delete(zvol.name(), id, soon()));
      }
    }
  }

  private void disconnectAll(TargetConnector connector) {
    try (connector) {
      for (ConnectedDevice device : connector.list(soon())) {
        connector.disconnect(device.target(), VolumeId.parse(device.serial()), soon());
      }
    } catch (VmStoreException e) {
      // A wrong disk, or one that a failed test left open.
    }
  }

  final Cluster cluster() {
    return running;
  }

  final FaultPlan faults() {
    return running.faults();
  }

  final Deadline soon() {
    return Deadline.after(patience());
  }

  final CallOptions options() {
    return CallOptions.within(patience());
  }

  final CallOptions shortly() {
    return CallOptions.within(shortTimeout());
  }

  /** Long enough that a busy machine still tells BUSY, which comes first, from the deadline. */
  final CallOptions untilRefused() {
    return CallOptions.within(shortTimeout().multipliedBy(4));
  }

  final ZvolName zvol(String name) {
    return new ZvolName(running.storage().pool(), name);
  }

  final <T> T answer(CompletableFuture<T> future) {
    return Checks.answer(future, patience().plusSeconds(5));
  }

  final CompletableFuture<Mapping> mapping(String name, NodeName host) {
    return running.nas().mapZvol(new MapZvol(zvol(name), host, SIZE), options());
  }

  final Mapping map(String name, NodeName host) {
    return answer(mapping(name, host));
  }

  final ByteSize grow(String name, ByteSize size) {
    return answer(running.nas().growZvol(zvol(name), size, options()));
  }

  /** Exposes a volume to the initiator of a compute node, which is not asked. */
  final Exposure expose(String name, NodeName host) {
    return answer(
        running
            .nas()
            .exposeZvol(new ExposeZvol(zvol(name), host, initiator(host), SIZE), options()));
  }

  final Iqn initiator(NodeName host) {
    try (TargetConnector connector = running.storage().targetConnector(host)) {
      return connector.initiator();
    }
  }

  final void unmap(String name) {
    answer(running.nas().unmapZvol(zvol(name), options()));
  }

  final void unmapIfThere(String name) {
    try {
      unmap(name);
    } catch (VmStoreException e) {
      assertThat(e.code()).as("%s", e).isEqualTo(ErrorCode.NOT_FOUND);
    }
  }

  final void delete(String name) {
    answer(running.nas().deleteZvol(zvol(name), options()));
  }

  final List<ZvolStatus> list() {
    return answer(running.nas().listZvols(ZvolQuery.all(), options()));
  }

  final ZvolStatus status(String name) {
    List<ZvolStatus> found =
        answer(running.nas().listZvols(ZvolQuery.named(zvol(name)), options()));
    assertThat(found).as("status of %s", name).hasSize(1);
    return found.get(0);
  }

  final List<AttachedDevice> devices(NodeName host) {
    return answer(running.compute(host).listDevices(options()));
  }

  final void forceUnmap(String name) {
    answer(running.nas().forceUnmapZvol(zvol(name), options()));
  }

  /** {@return what a compute node's records and devices differ in} */
  final List<Finding> differences(NodeName host) {
    return answer(running.compute(host).reconcile(Repair.DRY_RUN, options()));
  }

  /** Waits until a node has settled whatever its records ask for. */
  final void settle(NodeName node) {
    answer(running.settled(node));
  }

  /** No export and no session is left, and no compute node asks for one. */
  final void assertNothingMapped() {
    try (TargetExporter exporter = running.storage().targetExporter()) {
      assertThat(exporter.list(soon())).as("exports left").isEmpty();
    }
    for (NodeName host : List.of(HOST, OTHER_HOST)) {
      try (TargetConnector connector = running.storage().targetConnector(host)) {
        assertThat(connector.list(soon())).as("sessions left on %s", host).isEmpty();
      }
      assertThat(differences(host)).as("differences on %s", host).isEmpty();
    }
  }

  /** Nothing at all is left: no volume, no export, no session, no record. */
  final void assertNothingLeft() {
    assertNothingMapped();
    try (ZvolManager zvols = running.storage().zvolManager()) {
      assertThat(zvols.list(soon())).as("volumes left").isEmpty();
    }
    assertThat(running.records()).as("records left").isEmpty();
  }

  /** {@return the fault before or after the given one of the calls that a clean run made} */
  final Fault faultAt(List<PortCall> calls, int index, boolean after) {
    PortCall call = calls.get(index);
    int number = Collections.frequency(calls.subList(0, index + 1), call);
    return after ? faults().after(call, number) : faults().before(call, number);
  }

  /** {@return the port calls that an action makes} */
  final List<PortCall> callsOf(Runnable action) {
    faults().clear();
    action.run();
    List<PortCall> calls = faults().calls();
    faults().clear();
    return calls;
  }
}
