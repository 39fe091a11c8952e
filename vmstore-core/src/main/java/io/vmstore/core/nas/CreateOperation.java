package io.vmstore.core.nas;

import io.vmstore.CreateZvol;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.MappingState;
import io.vmstore.model.OperationId;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Zvol;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Creates one volume: record, zvol. The record is first, so that a zvol with our mark is always one
 * that is known; a record without its zvol is no volume, and is used by whoever creates it next. It
 * blocks.
 */
final class CreateOperation implements Supplier<Optional<Zvol>> {
  private final NasPorts ports;
  private final VolumeRecords records;
  private final CreateZvol request;
  private final OperationId operation;
  private final Deadline deadline;

  CreateOperation(
      NasPorts ports,
      VolumeRecords records,
      CreateZvol request,
      OperationId operation,
      Deadline deadline) {
    this.ports = ports;
    this.records = records;
    this.request = request;
    this.operation = operation;
    this.deadline = deadline;
  }

  /** {@return the volume; empty when it is mapped and missing} */
  @Override
  public Optional<Zvol> get() {
    VolumeRecord before = records.certain(request.zvol()).orElse(null);
    MappingState state = before == null ? MappingState.UNMAPPED : before.state();
    if (state == MappingState.MAPPING || state == MappingState.DELETING) {
      throw underWay(state);
    }
    Optional<Zvol> found = ports.zvols().find(request.zvol(), deadline);
    return found.isEmpty() && state == MappingState.UNMAPPED ? Optional.of(create(before)) : found;
  }

  private Zvol create(@Nullable VolumeRecord before) {
    VolumeRecord record =
        before == null
            ? VolumeRecord.unmapped(
                request.zvol(), new VolumeId(ports.scheduler().newIdentity()), 0, operation)
            : before.unmapped(operation);
    records.put(record);
    try {
      return ports.zvols().ensure(request.zvol(), record.id(), request.size(), deadline);
    } catch (VmStoreException e) {
      throw e.outcomeUnknown() ? e : undone(before, e);
    }
  }

  private VmStoreException undone(@Nullable VolumeRecord before, VmStoreException failure) {
    try {
      if (before == null) {
        records.remove(request.zvol());
      } else {
        records.put(before);
      }
      return failure;
    } catch (VmStoreException stuck) {
      return Failures.withOutcome(failure, stuck.outcomeUnknown());
    }
  }

  private VmStoreException underWay(MappingState state) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "cannot create zvol '" + request.zvol() + "'")
        .reason("it is " + state)
        .correction(
            state == MappingState.DELETING
                ? "end its deletion by deleting it again"
                : "repeat the call when the mapping has ended or is undone")
        .detail("state", state.name())
        .build();
  }
}
