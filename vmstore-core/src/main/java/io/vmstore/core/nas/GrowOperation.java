package io.vmstore.core.nas;

import io.vmstore.CallOptions;
import io.vmstore.ResizeTarget;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.nas.VolumeRecord.Result;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes one volume larger, and has its compute node see that: the node asked whether it is there
 * and can, intent on record, zvol, device, result on record. Growing has no inverse, so what was
 * begun is ended: the record says that the node may have to look, and how large the volume is the
 * volume says itself.
 */
final class GrowOperation {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final ZvolName zvol;
  private final OperationId operation;
  private final Deadline steps;

  GrowOperation(
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

  /** Grows it. {@return its true size} */
  CompletableFuture<ByteSize> run(ByteSize size) {
    VolumeRecord record = records.certain(zvol).orElse(null);
    if (record == null || record.state() == MappingState.UNMAPPED) {
      return blocking(() -> growUnused(record, size).size());
    }
    if (record.state() != MappingState.MAPPED) {
      throw refused(
          size,
          "it is " + record.state(),
          "end that first: unmap it, or delete it, again",
          record.state());
    }
    return blocking(() -> found(size))
        .thenCompose(
            found ->
                settled(record) && found.size().equals(size) && found.size().equals(size(record))
                    ? CompletableFuture.completedFuture(size)
                    : growInUse(record, size));
  }

  /** The record says who made it larger, which its size alone does not. */
  private Zvol growUnused(@Nullable VolumeRecord record, ByteSize size) {
    Zvol found = found(size);
    Zvol grown = grow(id(record, found), size);
    if (record != null && !grown.size().equals(found.size())) {
      VolumeRecords.afterEffect(() -> records.put(record.unmapped(operation)));
    }
    return grown;
  }

  /** Ends a growth that was begun, whether the volume came to grow or not. */
  CompletableFuture<ByteSize> end(VolumeRecord record) {
    return blocking(() -> sizeOf(record))
        .thenCompose(size -> seen(record, size).thenCompose(nothing -> recorded(record, size)));
  }

  private ByteSize sizeOf(VolumeRecord record) {
    Zvol found = found(size(record));
    if (!record.id().equals(found.markedId())) {
      throw refused(
          found.size(),
          "the zvol of that name is another volume than '" + record.id() + "'",
          "restore it, or give the mapping up with a forced unmap",
          record.state());
    }
    return found.size();
  }

  private CompletableFuture<ByteSize> growInUse(VolumeRecord record, ByteSize size) {
    return seen(record, size(record))
        .exceptionallyCompose(failure -> failed(failure, !settled(record)))
        .thenCompose(nothing -> blocking(() -> growOnRecord(record, size)))
        .thenCompose(
            grown ->
                seen(record, grown)
                    .thenCompose(nothing -> recorded(record, grown))
                    .exceptionallyCompose(failure -> failed(failure, true)));
  }

  private ByteSize growOnRecord(VolumeRecord record, ByteSize size) {
    VolumeRecord intent = record.growing(operation);
    records.put(intent);
    try {
      return grow(record.id(), size).size();
    } catch (VmStoreException e) {
      throw e.outcomeUnknown() ? e : takenBack(record, e);
    }
  }

  private VmStoreException takenBack(VolumeRecord record, VmStoreException failure) {
    try {
      records.put(record);
    } catch (VmStoreException e) {
      failure.addSuppressed(e);
      return Failures.withOutcome(failure, true);
    }
    return Failures.withOutcome(failure, !settled(record));
  }

  /** Completes once whoever vmstore drives has the size; the consumer of an exposure looks. */
  private CompletableFuture<Void> seen(VolumeRecord record, ByteSize size) {
    return record.exposed()
        ? CompletableFuture.completedFuture(null)
        : Answers.of(() -> seenBy(Objects.requireNonNull(record.host()), record, size));
  }

  private CompletableFuture<Void> seenBy(NodeName host, VolumeRecord record, ByteSize size) {
    ResizeTarget request =
        new ResizeTarget(ports.targetOf(record), record.id(), record.generation(), size);
    return ports
        .computes()
        .apply(host)
        .resize(request, CallOptions.within(Budget.left(steps, attempt(size))))
        .thenAccept(device -> requireSize(device.size(), request));
  }

  private static void requireSize(ByteSize seen, ResizeTarget request) {
    if (seen.compareTo(request.size()) < 0) {
      throw VmStoreException.builder(
              ErrorCode.INTERNAL,
              "volume '" + request.volume() + "' is smaller where it is attached")
          .reason("its device has " + seen + ", and the volume " + request.size())
          .correction("see the log of the compute node")
          .build();
    }
  }

  private CompletableFuture<ByteSize> recorded(VolumeRecord record, ByteSize size) {
    return blocking(
        () -> {
          records.put(record.grown(operation, size));
          return size;
        });
  }

  private Zvol found(ByteSize size) {
    return ports
        .zvols()
        .find(zvol, steps)
        .orElseThrow(
            () ->
                VmStoreException.builder(ErrorCode.NOT_FOUND, attempt(size))
                    .reason("there is no such zvol")
                    .correction("see the names with a list")
                    .build());
  }

  private VolumeId id(@Nullable VolumeRecord record, Zvol found) {
    return record != null
        ? record.id()
        : found
            .id()
            .orElseThrow(
                () ->
                    refused(
                        found.size(),
                        "vmstore has never had it in hand",
                        "map it once, so that it becomes vmstore's, or use 'zfs set volsize'",
                        MappingState.UNMAPPED));
  }

  private Zvol grow(VolumeId id, ByteSize size) {
    return ports.zvols().grow(zvol, id, size, steps);
  }

  private static boolean settled(VolumeRecord record) {
    return !Objects.requireNonNull(record.result()).growing();
  }

  private static ByteSize size(VolumeRecord record) {
    Result result = Objects.requireNonNull(record.result());
    return result.size();
  }

  private static <T> CompletableFuture<T> failed(Throwable failure, boolean outcomeUnknown) {
    return CompletableFuture.failedFuture(
        Failures.withOutcome(Failures.of(failure), outcomeUnknown));
  }

  private VmStoreException refused(
      ByteSize size, String reason, String correction, MappingState state) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, attempt(size))
        .reason(reason)
        .correction(correction)
        .detail("state", state.name())
        .build();
  }

  private String attempt(ByteSize size) {
    return "cannot grow zvol '" + zvol + "' to " + size;
  }

  private <T> CompletableFuture<T> blocking(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, ports.scheduler());
  }
}
