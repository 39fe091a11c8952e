package io.vmstore.core.nas;

import io.vmstore.AttachTarget;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Trace;
import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.core.nas.VolumeRecord.Intent;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.MappingState;
import io.vmstore.model.OperationId;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts one volume into the hands of one compute node, or of an initiator that somebody else drives,
 * for which there is nobody to ask and nothing to attach. The steps, each with its inverse: intent
 * on record, zvol, export, attach, result on record. docs/flows/map.md walks through them.
 */
final class MapOperation {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final Handover request;
  private final OperationId operation;
  private final Deadline steps;
  private final Undo undo;

  /** The latest mapping of the volume that the compute node knows of, when it told us. */
  private volatile long newerGeneration;

  /** Whether a volume is there that this mapping did not create. */
  private volatile boolean adopted;

  MapOperation(
      NasPorts ports,
      VolumeRecords records,
      Handover request,
      OperationId operation,
      Deadline answer) {
    this.ports = ports;
    this.records = records;
    this.request = request;
    this.operation = operation;
    this.steps = answer.earlierBy(Budget.reserve(answer.remaining()));
    this.undo = new Undo(ports.scheduler(), operation);
  }

  /** {@return the record of the mapping, made now or before} */
  CompletableFuture<VolumeRecord> run() {
    VolumeRecord before = records.certain(request.zvol()).orElse(null);
    if (before == null || before.state() == MappingState.UNMAPPED) {
      return make();
    }
    boolean same = request.isThatOf(before);
    if (same && before.state() == MappingState.MAPPED) {
      return CompletableFuture.completedFuture(before);
    }
    if (same && before.state() == MappingState.MAPPING) {
      // An earlier attempt neither ended nor was undone: what it left goes first, or undoing this
      // one would forget it.
      return new UnmapOperation(ports, records, zvol(), operation, steps)
          .run()
          .thenCompose(nothing -> make());
    }
    throw refused(before);
  }

  private VmStoreException refused(VolumeRecord before) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, request.attempt())
        .reason(
            "it is "
                + before.state()
                + (before.host() == null ? "" : " with '" + before.host() + "'")
                + (before.exposed() ? ", exposed to '" + before.admission().initiator() + "'" : ""))
        .correction(
            before.state() == MappingState.DELETING
                ? "end its deletion by deleting it again"
                : "unmap it first")
        .detail("state", before.state().name())
        .build();
  }

  private CompletableFuture<VolumeRecord> make() {
    VolumeRecord before = records.find(request.zvol()).orElse(null);
    // The node is asked first: when it is not there, nothing was begun and nothing has to be
    // undone.
    return initiator()
        .thenCompose(initiator -> effects(before, initiator))
        .handle(
            (mapped, failure) ->
                failure == null
                    ? CompletableFuture.completedFuture(mapped)
                    : undo.<VolumeRecord>after(Failures.of(failure)))
        .thenCompose(outcome -> outcome);
  }

  private CompletableFuture<Iqn> initiator() {
    return request.initiator() == null
        ? traced("ask for the initiator", () -> compute().initiator(CallOptions.within(left())))
        : CompletableFuture.completedFuture(request.initiator());
  }

  private CompletableFuture<VolumeRecord> effects(@Nullable VolumeRecord before, Iqn initiator) {
    VolumeRecord intent = intent(before, initiator);
    return undo.step("record the intent", () -> blocking(() -> put(intent)), () -> restore(before))
        .thenCompose(
            recorded ->
                undo.step(
                    "create the zvol",
                    () ->
                        blocking(
                            () ->
                                ports.zvols().ensure(zvol(), recorded.id(), request.size(), steps)),
                    this::removeFresh))
        .thenCompose(zvol -> exported(zvol, intent));
  }

  private VolumeRecord intent(@Nullable VolumeRecord before, Iqn initiator) {
    VolumeRecord base =
        before == null
            ? VolumeRecord.unmapped(
                zvol(), new VolumeId(ports.scheduler().newIdentity()), 0, operation)
            : before;
    return base.mapping(
        new Intent(
            request.host(),
            initiator,
            before == null,
            ports.newSecrets(request.host()),
            request.exposes()),
        operation);
  }

  private CompletableFuture<VolumeRecord> exported(Zvol zvol, VolumeRecord intent) {
    VolumeId actual = zvol.id().orElse(intent.id());
    return blocking(() -> actual.equals(intent.id()) ? intent : put(intent.adopted(actual)))
        .thenCompose(
            record ->
                undo.step(
                        "export",
                        () -> blocking(() -> export(zvol, record)),
                        () -> unexport(record.id()))
                    .thenCompose(
                        export ->
                            request.exposes()
                                ? committed(zvol, record, export, null)
                                : attached(zvol, record, export)));
  }

  private Export export(Zvol zvol, VolumeRecord record) {
    return ports
        .exporter()
        .export(zvol, record.id(), record.generation(), record.admission(), steps);
  }

  private CompletableFuture<VolumeRecord> attached(Zvol zvol, VolumeRecord record, Export export) {
    AttachTarget attach =
        new AttachTarget(
            export.target(),
            record.id(),
            record.generation(),
            record.admission().chap(),
            zvol(),
            zvol.size());
    DetachTarget detach =
        new DetachTarget(export.target(), record.id(), record.generation(), zvol());
    return undo.step(
            "attach",
            // Operations of their own: a node must not answer one with what it remembers of
            // another.
            () ->
                compute()
                    .attach(attach, CallOptions.within(left()))
                    .whenComplete((device, failure) -> noteNewer(failure)),
            () -> compute().detach(detach, CallOptions.within(Budget.UNDO)))
        .thenCompose(
            device ->
                committed(zvol, record, export, new Device(device.device(), device.stablePath())));
  }

  private CompletableFuture<VolumeRecord> committed(
      Zvol zvol, VolumeRecord record, Export export, @Nullable Device device) {
    Result result = new Result(zvol.size(), export.target(), device, false);
    // A commit of unknown outcome is taken back on record before anything of it is undone.
    return undo.step(
        "record the mapping",
        () -> blocking(() -> put(record.mapped(result))),
        () -> blocking(() -> put(record)).thenAccept(again -> {}));
  }

  private VolumeRecord put(VolumeRecord record) {
    records.put(record);
    return record;
  }

  private CompletableFuture<Void> restore(@Nullable VolumeRecord before) {
    return blocking(
        () -> {
          if (before == null && !adopted) {
            records.remove(zvol());
          } else {
            records.put(undone());
          }
          return null;
        });
  }

  /** A generation that a compute node may have seen stays used. */
  private VolumeRecord undone() {
    VolumeRecord now = records.find(zvol()).orElseThrow();
    return VolumeRecord.unmapped(
        zvol(), now.id(), Math.max(now.generation(), newerGeneration), operation);
  }

  private CompletableFuture<Void> removeFresh() {
    return blocking(
        () -> {
          adopted = !FreshZvol.remove(ports, records.find(zvol()).orElseThrow(), undoing());
          return null;
        });
  }

  private void noteNewer(@Nullable Throwable failure) {
    if (failure != null) {
      String newer = Failures.of(failure).details().get(ComputeService.NEWER_GENERATION);
      newerGeneration = newer == null ? 0 : Long.parseLong(newer);
    }
  }

  private CompletableFuture<Void> unexport(VolumeId id) {
    return blocking(
        () -> {
          // Attaching has been undone by now, so a session that is left is one the node will not
          // use again.
          ports.exporter().unexport(id, OpenSessions.END, undoing());
          return null;
        });
  }

  private Deadline undoing() {
    return Deadline.after(Budget.UNDO, ports.scheduler()::nanoTime);
  }

  private Duration left() {
    return Budget.left(steps, request.attempt());
  }

  /** {@return the node of a mapping; an exposure has none} */
  private ComputeService compute() {
    return ports.computes().apply(request.host());
  }

  private ZvolName zvol() {
    return request.zvol();
  }

  private <T> CompletableFuture<T> traced(String step, Supplier<CompletableFuture<T>> work) {
    return Trace.of(ports.scheduler(), operation, step, work);
  }

  private <T> CompletableFuture<T> blocking(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, ports.scheduler());
  }
}
