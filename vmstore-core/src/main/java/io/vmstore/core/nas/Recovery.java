package io.vmstore.core.nas;

import io.vmstore.AttachTarget;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Reconciler;
import io.vmstore.core.flow.Reconciler.Case;
import io.vmstore.core.flow.Turns;
import io.vmstore.core.nas.Fences.Fence;
import io.vmstore.core.nas.VolumeRecord.Device;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.MappingState;
import io.vmstore.model.OperationId;
import io.vmstore.model.PoolName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings what is there to what is on record: exports every mapping again, ends what was under way,
 * tells fenced nodes. An export is rebuilt from the records and never read back into them.
 *
 * <p>Thread safety: thread-safe; each volume is settled in its turn.
 */
final class Recovery {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final Fences fences;
  private final Turns<ZvolName> turns;
  private final Consumer<Map<String, byte[]>> load;
  private final Reconciler reconciler;

  /**
   * Makes one.
   *
   * @param load takes over the records of a pool that has come
   */
  Recovery(
      NasPorts ports,
      VolumeRecords records,
      Fences fences,
      Turns<ZvolName> turns,
      Consumer<Map<String, byte[]>> load) {
    this.ports = ports;
    this.records = records;
    this.fences = fences;
    this.turns = turns;
    this.load = load;
    this.reconciler = new Reconciler(ports.scheduler(), this::survey);
  }

  Reconciler reconciler() {
    return reconciler;
  }

  private List<Case> survey(boolean onDemand, Deadline deadline) {
    List<Case> cases = new ArrayList<>();
    ports.stores().unread().forEach(pool -> cases.add(unread(pool, onDemand)));
    boolean allRead = cases.isEmpty();
    Map<VolumeId, Export> exports = new HashMap<>();
    ports.exporter().list(deadline).forEach(export -> exports.put(export.volume(), export));
    List<VolumeRecord> unexported = new ArrayList<>();
    for (VolumeRecord record : records.all()) {
      Export export = exports.get(record.id());
      if (onDemand && turns.taken(record.zvol())) {
        continue; // an operation has it in hand; the background work waits for its turn instead
      }
      if (record.state() == MappingState.MAPPED) {
        if (export == null || !complete(record, export)) {
          unexported.add(record);
        } else if (moved(record, export.target())) {
          cases.add(moving(record, export.target()));
        } else if (Objects.requireNonNull(record.result()).growing()) {
          cases.add(unfinished(record));
        }
      } else if (record.state() != MappingState.UNMAPPED) {
        cases.add(unfinished(record));
      }
    }
    exportAgain(unexported, cases, deadline);
    fences.all().forEach(fence -> cases.add(untold(fence)));
    if (onDemand && allRead) { // or a record still to be read may ask for them
      orphanExports(exports, cases);
      orphanZvols(cases, deadline);
    }
    return cases;
  }

  private Case unread(PoolName pool, boolean onDemand) {
    return new Case(
        finding(Kind.NOT_READ, pool, "read its records", "its volumes are not served before that"),
        () -> run(() -> read(pool, onDemand)));
  }

  /**
   * What they ask for need not wait for a pause; who asks on demand wakes the reconciler anyway.
   */
  private void read(PoolName pool, boolean onDemand) {
    ports.stores().read(pool, load);
    if (!onDemand) {
      reconciler.wake();
    }
  }

  private static boolean complete(VolumeRecord record, Export export) {
    Admission wanted = record.admission();
    return export.initiators().size() == 1
        && export.initiators().contains(wanted.initiator())
        && export.chap().covers(wanted.mode())
        && export.target().iqn().equals(Objects.requireNonNull(record.result()).target().iqn());
  }

  /**
   * The zvols of all are looked up by one listing. When that fails, because one pool is away, each
   * is looked up by itself, so that the others' are exported.
   */
  private Function<ZvolName, Optional<Zvol>> lookup(Deadline deadline) {
    Map<ZvolName, Zvol> zvols = new HashMap<>();
    try {
      ports.zvols().list(deadline).forEach(zvol -> zvols.put(zvol.name(), zvol));
    } catch (VmStoreException e) {
      return name -> ports.zvols().find(name, reconciler.patience());
    }
    return name -> Optional.ofNullable(zvols.get(name));
  }

  private void exportAgain(List<VolumeRecord> unexported, List<Case> cases, Deadline deadline) {
    if (unexported.isEmpty()) {
      return;
    }
    Function<ZvolName, Optional<Zvol>> zvols = lookup(deadline);
    for (VolumeRecord record : unexported) {
      cases.add(
          new Case(
              finding(
                  Kind.NOT_EXPORTED,
                  record.zvol(),
                  "export it",
                  "mapped to '" + record.host() + "'"),
              () ->
                  inTurn(
                      record,
                      () ->
                          run(
                              () ->
                                  export(
                                      record,
                                      zvols.apply(record.zvol()),
                                      reconciler.patience())))));
    }
  }

  private void export(VolumeRecord record, Optional<Zvol> found, Deadline deadline) {
    Zvol zvol =
        found
            .filter(candidate -> record.id().equals(candidate.markedId()))
            .orElseThrow(() -> gone(record, found));
    try {
      exportTo(record, zvol, deadline);
    } catch (VmStoreException e) {
      // After a boot the volume is known before its device is there: ensure waits for it.
      ByteSize size = zvol.size();
      exportTo(record, ports.zvols().ensure(record.zvol(), record.id(), size, deadline), deadline);
    }
  }

  private void exportTo(VolumeRecord record, Zvol zvol, Deadline deadline) {
    ports.exporter().export(zvol, record.id(), record.generation(), record.admission(), deadline);
  }

  private static VmStoreException gone(VolumeRecord record, Optional<Zvol> found) {
    return VmStoreException.builder(
            ErrorCode.NOT_FOUND, "cannot export zvol '" + record.zvol() + "'")
        .reason(
            found.isPresent()
                ? "the zvol of that name is another volume than '" + record.id() + "'"
                : "there is no such zvol")
        .correction("restore it, or give the mapping up with a forced unmap")
        .build();
  }

  /** The pool has come from another NAS, or this one was given other addresses. */
  private static boolean moved(VolumeRecord record, Target target) {
    Target known = Objects.requireNonNull(record.result()).target();
    return !Set.copyOf(known.portals()).equals(Set.copyOf(target.portals()));
  }

  private Case moving(VolumeRecord record, Target target) {
    return new Case(
        finding(
            Kind.MOVED,
            record.zvol(),
            record.exposed()
                ? "export it there; '" + record.host() + "' has to be told where"
                : "have '" + record.host() + "' attach it there",
            "it is exported at " + target.portals() + " now"),
        () -> inTurn(record, () -> move(record, target)));
  }

  /** The export of a NAS that was given another address does not listen there yet. */
  private CompletableFuture<Void> move(VolumeRecord record, Target target) {
    return run(() -> exportAgain(record))
        .thenCompose(
            nothing ->
                record.exposed()
                    ? CompletableFuture.completedFuture(null)
                    : attachAt(record, target))
        .thenCompose(device -> run(() -> records.put(record.moved(target, device))));
  }

  private CompletableFuture<@Nullable Device> attachAt(VolumeRecord record, Target target) {
    AttachTarget attach =
        new AttachTarget(
            target,
            record.id(),
            record.generation(),
            record.admission().chap(),
            record.zvol(),
            Objects.requireNonNull(record.result()).size());
    NasPorts inTurn = ports.waitingUntil(turns.overtaken(record.zvol()));
    return inTurn
        .computes()
        .apply(Objects.requireNonNull(record.host()))
        .attach(attach, CallOptions.within(Reconciler.PATIENCE))
        .thenApply(device -> new Device(device.device(), device.stablePath()));
  }

  private Case unfinished(VolumeRecord record) {
    String action =
        switch (record.state()) {
          case MAPPING -> "undo the mapping";
          case UNMAPPING -> record.forced() ? "fence its node off" : "end the unmapping";
          case MAPPED -> "have '" + record.host() + "' see the size it has";
          default -> "end the deletion";
        };
    return new Case(
        finding(
            Kind.UNFINISHED,
            record.zvol(),
            action,
            record.state() == MappingState.MAPPED
                ? "a growth has not ended"
                : "its state is " + record.state()),
        () -> inTurn(record, () -> finish(record)));
  }

  private CompletableFuture<Void> finish(VolumeRecord record) {
    OperationId operation = OperationId.random();
    return switch (record.state()) {
      case MAPPING -> // never acknowledged: its caller repeats it, or has given it up
          unmap(record, operation);
      case UNMAPPING ->
          record.forced()
              ? run(
                  () ->
                      new FenceOperation(ports, records, fences, operation, reconciler.patience())
                          .run(record))
              : finishUnmapping(record, operation);
      case DELETING ->
          run(new DeleteOperation(ports, records, record.zvol(), operation, reconciler.patience()));
      case MAPPED -> endGrowth(record, operation);
      case UNMAPPED -> CompletableFuture.completedFuture(null);
    };
  }

  private CompletableFuture<Void> endGrowth(VolumeRecord record, OperationId operation) {
    NasPorts inTurn = ports.waitingUntil(turns.overtaken(record.zvol()));
    return new GrowOperation(inTurn, records, record.zvol(), operation, reconciler.patience())
        .end(record)
        .thenAccept(size -> {});
  }

  /**
   * Export and session may be there or not; with the export back, the node can flush and let go. A
   * device that is open is waited for: an earlier detach may still be on its way, so the mapping
   * can never be called whole again.
   */
  private CompletableFuture<Void> finishUnmapping(VolumeRecord record, OperationId operation) {
    return run(() -> exportBeforeUnmapping(record))
        .thenCompose(nothing -> unmap(record, operation));
  }

  private CompletableFuture<Void> unmap(VolumeRecord record, OperationId operation) {
    NasPorts inTurn = ports.waitingUntil(turns.overtaken(record.zvol()));
    return new UnmapOperation(inTurn, records, record.zvol(), operation, reconciler.patience())
        .run();
  }

  private void exportBeforeUnmapping(VolumeRecord record) {
    if (record.result() != null) {
      exportAgain(record);
    }
  }

  private void exportAgain(VolumeRecord record) {
    Deadline deadline = reconciler.patience();
    export(record, ports.zvols().find(record.zvol(), deadline), deadline);
  }

  private Case untold(Fence fence) {
    ComputeService compute = ports.computes().apply(fence.host());
    DetachTarget detach =
        new DetachTarget(fence.target(), fence.id(), fence.generation(), fence.zvol());
    return new Case(
        finding(
            Kind.NOT_TOLD,
            fence.zvol(),
            "have '" + fence.host() + "' drop its device",
            "it was taken from that node by force"),
        () ->
            compute
                .detach(detach, CallOptions.within(Reconciler.PATIENCE))
                .exceptionallyCompose(Recovery::unlessNewer)
                .thenCompose(nothing -> run(() -> fences.remove(fence))));
  }

  /** A node that knows of a later mapping has dropped the earlier one's device. */
  private static CompletableFuture<Void> unlessNewer(Throwable failure) {
    return Failures.of(failure).details().containsKey(ComputeService.NEWER_GENERATION)
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.failedFuture(failure);
  }

  private void orphanExports(Map<VolumeId, Export> exports, List<Case> cases) {
    Map<VolumeId, VolumeRecord> byId = new HashMap<>();
    records.all().forEach(record -> byId.put(record.id(), record));
    exports.forEach(
        (id, export) -> {
          VolumeRecord record = byId.get(id);
          boolean wanted =
              record != null
                  && (record.state() != MappingState.UNMAPPED || turns.taken(record.zvol()));
          if (!wanted) {
            cases.add(
                new Case(
                    finding(
                        Kind.ORPHAN_EXPORT,
                        export.target().iqn(),
                        "end it, unless an initiator is logged in",
                        "no record asks for it"),
                    () -> end(id, record)));
          }
        });
  }

  /** A mapping may have begun since the survey; its export is no orphan. */
  private CompletableFuture<Void> end(VolumeId id, @Nullable VolumeRecord record) {
    Runnable unexport =
        () -> ports.exporter().unexport(id, OpenSessions.REFUSE, reconciler.patience());
    if (record != null) {
      return inTurn(record, () -> run(unexport));
    }
    boolean known = records.all().stream().anyMatch(now -> now.id().equals(id));
    return known ? CompletableFuture.completedFuture(null) : run(unexport);
  }

  private void orphanZvols(List<Case> cases, Deadline deadline) {
    List<Zvol> zvols;
    try {
      zvols = ports.zvols().list(deadline);
    } catch (VmStoreException e) {
      cases.add(unlisted(e)); // one pool that is away must not hide what the others have
      return;
    }
    for (Zvol zvol : zvols) {
      if (zvol.created() && records.find(zvol.name()).isEmpty()) {
        cases.add(
            Case.left(
                Kind.ORPHAN_ZVOL,
                zvol.name(),
                "map it to take it up again, or delete it",
                "no record knows it, and its data may be wanted"));
      }
    }
  }

  private static Case unlisted(VmStoreException failure) {
    return new Case(
        new Finding(
            Kind.ORPHAN_ZVOL,
            "the volumes of the pools",
            "look for those that no record knows",
            Outcome.FAILED,
            Failures.text(failure)),
        () -> CompletableFuture.failedFuture(failure));
  }

  private static Finding finding(Kind kind, Object subject, String action, String reason) {
    return new Finding(kind, subject.toString(), action, Outcome.FOUND, reason);
  }

  /** What was surveyed may have changed before its turn came; then it is not ours to settle. */
  private CompletableFuture<Void> inTurn(
      VolumeRecord record, Supplier<CompletableFuture<Void>> work) {
    return turns.whenFree(
        record.zvol(),
        "recover",
        reconciler.patience(),
        () ->
            records.certain(record.zvol()).filter(record::equals).isPresent()
                ? work.get()
                : CompletableFuture.completedFuture(null));
  }

  private CompletableFuture<Void> run(Runnable work) {
    return CompletableFuture.runAsync(work, ports.scheduler());
  }
}
