package io.vmstore.core.nas;

import io.vmstore.CallOptions;
import io.vmstore.DetachTarget;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Trace;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.TargetExporter.OpenSessions;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Takes one volume back: intent on record, detach on the compute node, end of the export, UNMAPPED
 * on record. The export ends only after the node has said that the device is gone there, or, when
 * somebody else drives the initiator, while that has no session.
 */
final class UnmapOperation {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final ZvolName zvol;
  private final OperationId operation;
  private final Deadline steps;

  UnmapOperation(
      NasPorts ports,
      VolumeRecords records,
      ZvolName zvol,
      OperationId operation,
      Deadline answer) {
    this.ports = ports;
    this.records = records;
    this.zvol = zvol;
    this.operation = operation;
    this.steps = answer.earlierBy(Budget.reserve(answer.remaining()));
  }

  CompletableFuture<Void> run() {
    VolumeRecord before = records.certain(zvol).orElse(null);
    if (before == null) {
      return CompletableFuture.runAsync(this::requireZvol, ports.scheduler());
    }
    NodeName host = before.host();
    if (host == null) {
      return CompletableFuture.completedFuture(null);
    }
    return traced("record the intent", () -> put(before.unmapping(operation)))
        .thenCompose(nothing -> traced("detach", () -> letGo(host, before)))
        .thenCompose(nothing -> traced("end the export, record it", () -> release(before)));
  }

  private CompletableFuture<Void> letGo(NodeName host, VolumeRecord before) {
    return before.exposed() ? endUnused(host, before) : detach(host, before);
  }

  private void requireZvol() {
    if (ports.zvols().find(zvol, steps).isEmpty()) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, "cannot unmap zvol '" + zvol + "'")
          .reason("there is no such zvol")
          .correction("see the names with a list")
          .build();
    }
  }

  private CompletableFuture<Void> detach(NodeName host, VolumeRecord before) {
    DetachTarget request =
        new DetachTarget(ports.targetOf(before), before.id(), before.generation(), zvol);
    return ports
        .computes()
        .apply(host)
        // Not the caller's operation: detaching again after a refusal is a new request to the node.
        .detach(request, CallOptions.by(steps))
        .handle(
            (nothing, failure) ->
                failure == null
                    ? CompletableFuture.<Void>completedFuture(null)
                    : refused(before, Failures.of(failure)))
        .thenCompose(outcome -> outcome);
  }

  /** One that never came to be was told to nobody, so whoever has a session guessed it. */
  private CompletableFuture<Void> endUnused(NodeName host, VolumeRecord before) {
    OpenSessions sessions = before.result() == null ? OpenSessions.END : OpenSessions.REFUSE;
    return CompletableFuture.runAsync(
            () -> ports.exporter().unexport(before.id(), sessions, steps), ports.scheduler())
        .exceptionallyCompose(failure -> inUse(host, before, Failures.of(failure)));
  }

  private CompletableFuture<Void> inUse(
      NodeName host, VolumeRecord before, VmStoreException failure) {
    if (failure.code() != ErrorCode.FAILED_PRECONDITION || failure.outcomeUnknown()) {
      return unknown(failure); // the export may be partly gone
    }
    String initiator = before.admission().initiator().value();
    return refused(
        before,
        VmStoreException.builder(failure.code(), "cannot unmap zvol '" + zvol + "'")
            .reason("initiator '" + initiator + "' of '" + host + "' is logged in")
            .correction("detach the volume there first, or shut it out with a forced unmap")
            .details(failure.details())
            .detail("initiator", initiator)
            .cause(failure)
            .build());
  }

  /**
   * A node that certainly did nothing leaves the mapping what it was; otherwise UNMAPPING stays on
   * record.
   */
  private CompletableFuture<Void> refused(VolumeRecord before, VmStoreException failure) {
    if (failure.outcomeUnknown()) {
      return CompletableFuture.failedFuture(failure);
    }
    return put(before)
        .exceptionallyCompose(UnmapOperation::unknown)
        .thenCompose(nothing -> CompletableFuture.failedFuture(failure));
  }

  private CompletableFuture<Void> release(VolumeRecord before) {
    return CompletableFuture.runAsync(
            // The node has flushed and let go, so a session still seen here is only closing.
            () -> ports.exporter().unexport(before.id(), OpenSessions.END, steps),
            ports.scheduler())
        .thenCompose(nothing -> CompletableFuture.runAsync(() -> end(before), ports.scheduler()))
        .exceptionallyCompose(UnmapOperation::unknown);
  }

  private static CompletableFuture<Void> unknown(Throwable failure) {
    return CompletableFuture.failedFuture(Failures.withOutcome(Failures.of(failure), true));
  }

  /** A mapping that never came to be takes the zvol with it that it created. */
  private void end(VolumeRecord before) {
    boolean nothingWas = before.result() == null && FreshZvol.remove(ports, before, steps);
    if (nothingWas) {
      records.remove(zvol);
    } else {
      records.put(before.unmapped(operation));
    }
  }

  private CompletableFuture<Void> traced(String step, Supplier<CompletableFuture<Void>> work) {
    return Trace.of(ports.scheduler(), operation, step, work);
  }

  private CompletableFuture<Void> put(VolumeRecord record) {
    return CompletableFuture.runAsync(() -> records.put(record), ports.scheduler());
  }
}
