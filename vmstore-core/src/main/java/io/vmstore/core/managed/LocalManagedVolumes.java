package io.vmstore.core.managed;

import io.vmstore.CallOptions;
import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.ManagedVolumes;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Batch;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Reconciler;
import io.vmstore.core.flow.Reconciler.Case;
import io.vmstore.core.flow.Turns;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.VolumeConnector.Device;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The role that attaches volumes of any target on the host itself. The connector is called on the
 * scheduler's threads.
 *
 * <p>Obtained from {@code io.vmstore.core.ManagedHost}. Thread safety: thread-safe.
 */
public final class LocalManagedVolumes implements ManagedVolumes {
  /** Looking is cheap, and waits for nothing but the kernel. */
  private static final int LOOKS_AT_ONCE = 8;

  private final VolumeConnector connector;
  private final Scheduler scheduler;
  private final VolumeRows rows;
  private final Turns<String> turns;
  private final Reconciler recovery;

  /**
   * Reads the rows.
   *
   * @param store has the rows of this role and nothing else
   * @throws VmStoreException INTERNAL when a row cannot be read back
   */
  public LocalManagedVolumes(VolumeConnector connector, StateStore store, Scheduler scheduler) {
    this.connector = connector;
    this.scheduler = scheduler;
    this.rows = new VolumeRows(store);
    this.turns = new Turns<>(scheduler);
    this.recovery = new Reconciler(scheduler, (onDemand, deadline) -> survey());
  }

  @Override
  public CompletableFuture<ConnectorInfo> connectorInfo(CallOptions options) {
    return answered("say what this host is", options, deadline -> async(connector::connectorInfo));
  }

  @Override
  public CompletableFuture<ManagedVolume> attachVolume(
      String volumeId, IscsiConnection connection, CallOptions options) {
    return inTurn(
        "attach",
        volumeId,
        options,
        deadline -> async(() -> attach(volumeId, connection, deadline)));
  }

  @Override
  public CompletableFuture<Void> detachVolume(String volumeId, CallOptions options) {
    return inTurn(
        "detach",
        volumeId,
        options,
        deadline ->
            CompletableFuture.runAsync(
                () -> rows.find(volumeId).ifPresent(row -> detach(row, deadline)), scheduler));
  }

  @Override
  public CompletableFuture<ManagedVolume> extendVolume(String volumeId, CallOptions options) {
    return inTurn("extend", volumeId, options, deadline -> async(() -> extend(volumeId, deadline)));
  }

  @Override
  public CompletableFuture<List<ManagedVolume>> volumesInfo(
      Set<String> volumeIds, CallOptions options) {
    return answered("look at the volumes", options, deadline -> look(volumeIds, deadline));
  }

  /**
   * Begins, in the background, to undo what was being attached when the process ended; it goes on
   * for as long as it takes.
   *
   * @return completes when nothing is left to undo
   */
  public CompletableFuture<Void> recover() {
    return recovery.wake();
  }

  private ManagedVolume attach(String id, IscsiConnection connection, Deadline deadline) {
    Optional<VolumeRow> before = rows.find(id);
    Optional<VolumeRow> attached = before.filter(row -> row.wwn() != null);
    if (attached.isPresent()) {
      requireSame(attached.get(), connection);
      return attachAgain(attached.get(), deadline);
    }
    // What an attach that never ended has left is not what this one has made.
    before.ifPresent(row -> detach(row, deadline));
    return attachNew(VolumeRow.intent(id, connection), deadline);
  }

  private static void requireSame(VolumeRow row, IscsiConnection connection) {
    if (!row.connection().equals(connection)) {
      throw VmStoreException.builder(
              ErrorCode.ALREADY_EXISTS, "volume '" + row.id() + "' is attached already")
          .reason(
              "its connection is another: they differ in "
                  + Differences.between(row.connection(), connection))
          .correction("detach it before it is attached in another way")
          .build();
    }
  }

  /** The caller was told which disk this is: it is that one, or none. */
  private ManagedVolume attachAgain(VolumeRow row, Deadline deadline) {
    rows.assure(row);
    Device device = connector.connect(row.id(), row.connection(), row.wwn(), deadline);
    requireRecorded(row, device);
    if (!row.equals(row.with(device))) {
      rows.complete(row, device);
    }
    return row.volume(Optional.of(device));
  }

  private ManagedVolume attachNew(VolumeRow intent, Deadline deadline) {
    Device device = null;
    try {
      rows.begin(intent);
      device = connector.connect(intent.id(), intent.connection(), null, deadline);
      rows.complete(intent, device);
      return intent.volume(Optional.of(device));
    } catch (RuntimeException e) {
      throw undone(intent, device, Failures.of(e));
    }
  }

  /**
   * Whatever failed, nothing stays: unless undoing it fails too, which the row then remembers.
   *
   * @param device what was connected, null when nothing was, or it is not known
   */
  private VmStoreException undone(
      VolumeRow intent, @Nullable Device device, VmStoreException failure) {
    if (rows.find(intent.id()).isEmpty()) {
      return failure; // refused, before anything was done
    }
    try {
      if (device != null || failure.outcomeUnknown()) {
        String wwn = device == null ? null : device.attachment().wwn();
        connector.disconnect(intent.id(), intent.connection(), wwn, recovery.patience());
      }
      rows.remove(intent.id());
      return Failures.withOutcome(failure, false);
    } catch (RuntimeException e) {
      recovery.wake();
      return Failures.withOutcome(failure, true);
    }
  }

  private void detach(VolumeRow row, Deadline deadline) {
    connector.disconnect(row.id(), row.connection(), row.wwn(), deadline);
    try {
      rows.remove(row.id());
    } catch (VmStoreException e) {
      throw Failures.withOutcome(e, true); // the device is gone all the same
    }
  }

  private ManagedVolume extend(String id, Deadline deadline) {
    VolumeRow row = rows.find(id).orElseThrow(() -> unknown(id));
    String wwn = row.wwn();
    if (wwn == null) {
      throw unknown(id);
    }
    Device device = connector.extend(id, row.connection(), wwn, deadline);
    requireRecorded(row, device);
    return row.volume(Optional.of(device));
  }

  private static VmStoreException unknown(String id) {
    return VmStoreException.builder(ErrorCode.NOT_FOUND, "volume '" + id + "' is not attached here")
        .correction("attach it first")
        .build();
  }

  /** The connector has compared them already; no adapter's mistake may hand over another disk. */
  private static void requireRecorded(VolumeRow row, Device device) {
    if (!device.attachment().wwn().equals(row.wwn())) {
      throw VmStoreException.builder(
              ErrorCode.FAILED_PRECONDITION, "device '" + device.path() + "' is the wrong disk")
          .reason("it is '" + device.attachment().wwn() + "', not '" + row.wwn() + "'")
          .correction("see what is at " + row.connection().paths())
          .outcomeUnknown(true)
          .build();
    }
  }

  /** Reads beside whatever is under way: a list must not wait for the slowest target. */
  private CompletableFuture<List<ManagedVolume>> look(Set<String> ids, Deadline deadline) {
    ids.forEach(VolumeRow::requireId);
    List<VolumeRow> wanted =
        rows.all().stream().filter(row -> ids.isEmpty() || ids.contains(row.id())).toList();
    return Batch.each(wanted, LOOKS_AT_ONCE, scheduler, row -> look(row, deadline))
        .thenApply(
            looks ->
                looks.stream()
                    .flatMap(look -> look.result().stream())
                    .sorted(Comparator.comparing(ManagedVolume::id))
                    .toList());
  }

  /** What was seen of a volume: it, nothing because it was detached meanwhile, or a failure. */
  private record Look(Optional<ManagedVolume> volume, @Nullable VmStoreException failure) {
    Optional<ManagedVolume> result() {
      if (failure != null) {
        throw failure;
      }
      return volume;
    }
  }

  private CompletableFuture<Look> look(VolumeRow row, Deadline deadline) {
    return async(() -> new Look(see(row, deadline), null))
        .exceptionally(failure -> new Look(Optional.empty(), Failures.of(failure)));
  }

  private Optional<ManagedVolume> see(VolumeRow row, Deadline deadline) {
    String wwn = row.wwn();
    Optional<Device> device =
        wwn == null
            ? Optional.empty()
            : connector
                .find(row.id(), row.connection(), wwn, deadline)
                .filter(found -> found.attachment().wwn().equals(wwn));
    return rows.find(row.id()).map(still -> row.volume(device));
  }

  /** What nobody was told of: a process ended before its attach did, or an undoing failed. */
  private List<Case> survey() {
    return rows.all().stream().filter(row -> row.wwn() == null).map(this::unfinished).toList();
  }

  private Case unfinished(VolumeRow row) {
    return new Case(
        new Finding(
            Kind.UNFINISHED,
            row.id(),
            "undo its attach",
            Outcome.FOUND,
            "it was being attached over " + row.connection().paths() + " and has no device"),
        () ->
            turns.whenFree(
                row.id(),
                "recover",
                recovery.patience(),
                () -> CompletableFuture.runAsync(() -> undo(row), scheduler)));
  }

  /** It may have been attached since the survey. */
  private void undo(VolumeRow row) {
    if (rows.still(row)) {
      detach(row, recovery.patience());
    }
  }

  private <T> CompletableFuture<T> inTurn(
      String operation,
      String id,
      CallOptions options,
      Function<Deadline, CompletableFuture<T>> work) {
    return answered(
        operation + " '" + id + "'",
        options,
        deadline -> {
          Deadline early = deadline.earlierBy(options.timeout().dividedBy(10));
          return turns.whenFree(VolumeRow.requireId(id), operation, early, () -> work.apply(early));
        });
  }

  private <T> CompletableFuture<T> async(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, scheduler);
  }

  private <T> CompletableFuture<T> answered(
      String operation, CallOptions options, Function<Deadline, CompletableFuture<T>> work) {
    return Answers.within(options, scheduler, operation, work);
  }
}
