package io.vmstore.core.nas;

import io.vmstore.CallOptions;
import io.vmstore.CreateZvol;
import io.vmstore.ExposeZvol;
import io.vmstore.Finding;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Reconciler;
import io.vmstore.core.flow.Turns;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.OperationId;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import io.vmstore.spi.Zvol;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The NAS role on the node itself. Ports are called on the scheduler's threads; nothing waits for a
 * compute node's answer on a thread.
 *
 * <p>Obtained from {@code io.vmstore.core.NasNode}. Thread safety: thread-safe.
 */
public final class LocalNasService implements NasService {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final Turns<ZvolName> turns;
  private final Fences fences;
  private final Reconciler recovery;

  /**
   * Reads the records that one store has for all pools; those in pools are read by the recovery.
   *
   * @throws VmStoreException INTERNAL when a record cannot be read back
   */
  public LocalNasService(NasPorts ports) {
    this.ports = ports;
    this.records = new VolumeRecords(ports.stores());
    this.fences = new Fences(ports.stores());
    ports.stores().readShared(this::load);
    this.turns = new Turns<>(ports.scheduler());
    this.recovery = new Recovery(ports, records, fences, turns, this::load).reconciler();
  }

  private void load(Map<String, byte[]> stored) {
    records.load(stored);
    fences.load(stored);
  }

  /**
   * Begins, in the background, to bring the exports to what is on record and to end what was under
   * way; it goes on for as long as it takes.
   *
   * @return completes when nothing is left to settle
   */
  public CompletableFuture<Void> recover() {
    return recovery.wake();
  }

  @Override
  public CompletableFuture<ZvolStatus> createZvol(CreateZvol request, CallOptions options) {
    ZvolName zvol = request.zvol();
    return ifFree(
        "create",
        zvol,
        options,
        deadline -> {
          CreateOperation create =
              new CreateOperation(
                  ports, records, request, options.operation(), turn(deadline, options));
          return CompletableFuture.supplyAsync(() -> known(zvol, create.get()), ports.scheduler());
        });
  }

  private ZvolStatus known(ZvolName name, Optional<Zvol> zvol) {
    return zvol.map(this::status)
        .or(() -> missing(name))
        .map(status -> status.as(records.version(name)))
        .orElseThrow();
  }

  @Override
  public CompletableFuture<Mapping> mapZvol(MapZvol request, CallOptions options) {
    return handedOver("map", Handover.of(request), options)
        .thenApply(record -> Objects.requireNonNull(record.mapping()));
  }

  @Override
  public CompletableFuture<Exposure> exposeZvol(ExposeZvol request, CallOptions options) {
    return handedOver("expose", Handover.of(request), options)
        .thenApply(record -> Objects.requireNonNull(record.exposure()));
  }

  private CompletableFuture<VolumeRecord> handedOver(
      String operation, Handover request, CallOptions options) {
    return ifFree(
        operation,
        request.zvol(),
        options,
        deadline ->
            new MapOperation(
                    inTurn(request.zvol()), records, request, options.operation(), deadline)
                .run());
  }

  @Override
  public CompletableFuture<ByteSize> growZvol(ZvolName zvol, ByteSize size, CallOptions options) {
    return answered(
        "grow",
        zvol,
        options,
        deadline ->
            turns.whenFree(
                zvol,
                "grow",
                turn(deadline, options),
                expected(
                    zvol,
                    options,
                    () ->
                        new GrowOperation(
                                inTurn(zvol), records, zvol, options.operation(), deadline)
                            .run(size))));
  }

  @Override
  public CompletableFuture<Void> unmapZvol(ZvolName zvol, CallOptions options) {
    return answered(
        "unmap",
        zvol,
        options,
        deadline ->
            turns.whenFree(
                zvol,
                "unmap",
                turn(deadline, options),
                // What was begun by force is not to be turned back.
                unmapping(zvol, options, deadline, VolumeRecord::forced)));
  }

  @Override
  public CompletableFuture<Void> forceUnmapZvol(ZvolName zvol, CallOptions options) {
    return answered(
        "unmap by force",
        zvol,
        options,
        deadline ->
            turns.overtake(
                zvol,
                "unmap by force",
                turn(deadline, options),
                unmapping(zvol, options, deadline, record -> record.host() != null)));
  }

  private static Deadline turn(Deadline deadline, CallOptions options) {
    return deadline.earlierBy(Budget.reserve(options.timeout()));
  }

  private Supplier<CompletableFuture<Void>> unmapping(
      ZvolName zvol, CallOptions options, Deadline deadline, Predicate<VolumeRecord> byForce) {
    OperationId operation = options.operation();
    return expected(
        zvol,
        options,
        () ->
            records
                .find(zvol)
                .filter(byForce)
                .map(record -> fence(record, operation, deadline))
                .orElseGet(
                    () ->
                        new UnmapOperation(inTurn(zvol), records, zvol, operation, deadline)
                            .run()));
  }

  /** What has to have the volume's turn now or never. */
  private <T> CompletableFuture<T> ifFree(
      String operation,
      ZvolName zvol,
      CallOptions options,
      Function<Deadline, CompletableFuture<T>> work) {
    return answered(
        operation,
        zvol,
        options,
        deadline ->
            turns.now(zvol, operation, expected(zvol, options, () -> work.apply(deadline))));
  }

  /** {@return the work of a turn, which is refused when its volume is not what the caller saw} */
  private <T> Supplier<CompletableFuture<T>> expected(
      ZvolName zvol, CallOptions options, Supplier<CompletableFuture<T>> work) {
    return () -> {
      records.requireExpected(zvol, options);
      return work.get();
    };
  }

  /** {@return the ports for an operation that has the volume's turn now} */
  private NasPorts inTurn(ZvolName zvol) {
    return ports.waitingUntil(turns.overtaken(zvol));
  }

  private CompletableFuture<Void> fence(
      VolumeRecord record, OperationId operation, Deadline deadline) {
    FenceOperation fence = new FenceOperation(ports, records, fences, operation, deadline);
    return CompletableFuture.runAsync(() -> fence.run(record), ports.scheduler())
        .whenComplete((nothing, failure) -> recovery.wake());
  }

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return answered("reconcile", "all", options, deadline -> recovery.reconcile(repair, deadline));
  }

  @Override
  public CompletableFuture<Void> deleteZvol(ZvolName zvol, CallOptions options) {
    return ifFree(
        "delete",
        zvol,
        options,
        deadline ->
            CompletableFuture.runAsync(
                new DeleteOperation(ports, records, zvol, options.operation(), deadline),
                ports.scheduler()));
  }

  @Override
  public CompletableFuture<List<ZvolStatus>> listZvols(ZvolQuery query, CallOptions options) {
    return answered(
        "list",
        query.zvol() == null ? "all" : query.zvol(),
        options,
        deadline -> CompletableFuture.supplyAsync(() -> list(query, deadline), ports.scheduler()));
  }

  /**
   * The versions are read first: whoever acts on a state that came after its version is refused,
   * and would not be the other way round.
   */
  private List<ZvolStatus> list(ZvolQuery query, Deadline deadline) {
    ZvolName only = query.zvol();
    if (only != null) {
      ZvolVersion version = records.version(only);
      Optional<ZvolStatus> there = ports.zvols().find(only, deadline).map(this::status);
      return there.or(() -> missing(only)).map(status -> status.as(version)).stream().toList();
    }
    Map<ZvolName, ZvolVersion> versions = records.versions(query);
    SortedMap<ZvolName, ZvolStatus> listed = page(query, deadline);
    List<ZvolName> absent = absent(query, listed);
    if (!absent.isEmpty()) {
      listed.putAll(page(query, deadline)); // one of them may have been created since
    }
    absent.forEach(zvol -> missing(zvol).ifPresent(status -> listed.putIfAbsent(zvol, status)));
    return listed.values().stream()
        .limit(query.limit())
        .map(status -> versioned(status, versions))
        .toList();
  }

  /** Beyond the page's records are only those that came, or had no volume, while it was listed. */
  private ZvolStatus versioned(ZvolStatus status, Map<ZvolName, ZvolVersion> before) {
    ZvolVersion known = before.get(status.zvol());
    return status.as(known == null ? records.version(status.zvol()) : known);
  }

  /**
   * Costs as much as it holds, not as much as there are, if the adapter can begin in the middle.
   */
  private SortedMap<ZvolName, ZvolStatus> page(ZvolQuery query, Deadline deadline) {
    SortedMap<ZvolName, ZvolStatus> page = new TreeMap<>();
    ports
        .zvols()
        .list(query.after(), query.limit(), deadline)
        .forEach(zvol -> page.put(zvol.name(), status(zvol)));
    return page;
  }

  /** {@return what is on record, within the page, and was not found} */
  private List<ZvolName> absent(ZvolQuery query, SortedMap<ZvolName, ZvolStatus> page) {
    boolean full = page.size() == query.limit();
    return records.after(query.after()).stream()
        .map(VolumeRecord::zvol)
        .takeWhile(zvol -> !full || zvol.compareTo(page.lastKey()) < 0)
        .filter(zvol -> !page.containsKey(zvol) && missing(zvol).isPresent())
        .limit(query.limit())
        .toList();
  }

  /** What is on record of a volume that is not there, and is not merely gone. */
  private Optional<ZvolStatus> missing(ZvolName name) {
    return records
        .find(name)
        .filter(record -> record.state() != MappingState.UNMAPPED)
        .map(record -> record.status(record.result() == null ? null : record.result().size()));
  }

  private ZvolStatus status(Zvol zvol) {
    return records
        .find(zvol.name())
        .map(record -> record.status(zvol.size()))
        .orElseGet(
            () -> new ZvolStatus(zvol.name(), zvol.size(), MappingState.UNMAPPED, null, null));
  }

  private void settleLater(@Nullable Throwable failure) {
    if (failure != null && Failures.of(failure).outcomeUnknown()) {
      recovery.wake();
    }
  }

  private <T> CompletableFuture<T> answered(
      String operation,
      Object subject,
      CallOptions options,
      Function<Deadline, CompletableFuture<T>> work) {
    Deadline deadline = Deadline.after(options.timeout(), ports.scheduler()::nanoTime);
    return Answers.by(
        deadline,
        ports.scheduler(),
        Answers.of(() -> work.apply(deadline))
            .whenComplete((value, failure) -> settleLater(failure)),
        () ->
            VmStoreException.builder(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "'" + operation + "' of '" + subject + "' has not ended")
                .reason("it is still under way after " + options.timeout().toMillis() + " ms")
                .correction(
                    "see where it stands with a list, then repeat the call with a longer time-out")
                .outcomeUnknown(!operation.equals("list"))
                .build());
  }
}
