package io.vmstore.core.nas;

import io.vmstore.ZvolStatus;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
import io.vmstore.spi.Admission;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the NAS remembers of a volume over restarts. It is written before each effect (the intent)
 * and after the last one, so it always says what may be the case in ZFS, in the kernel's target and
 * on the compute node.
 *
 * @param zvol the volume
 * @param id its identity
 * @param generation the number of its latest mapping, 0 when it never had one
 * @param state where it stands
 * @param operation the request that wrote this record
 * @param intent the mapping that is, is being made or is being ended; null when UNMAPPED or
 *     DELETING
 * @param result what the mapping came to; null unless it was once MAPPED and has not ended
 * @param forced whether it is UNMAPPING without its compute node being asked
 */
record VolumeRecord(
    ZvolName zvol,
    VolumeId id,
    long generation,
    MappingState state,
    OperationId operation,
    @Nullable Intent intent,
    @Nullable Result result,
    boolean forced) {

  /**
   * A mapping to be made.
   *
   * @param host the compute node
   * @param initiator the name it logs in with, the only one admitted
   * @param fresh whether the volume had no record before and is not known to have been there, so
   *     that undoing removes a zvol this mapping created
   * @param chap what a login has to prove, the same at every export of the mapping, wherever its
   *     pool is; null when nothing, as in records of older versions
   * @param exposed whether somebody else drives the initiator, so that no compute node is asked
   */
  record Intent(
      NodeName host, Iqn initiator, boolean fresh, @Nullable ChapSecrets chap, boolean exposed) {
    Admission admission() {
      return new Admission(initiator, chap);
    }
  }

  /**
   * A mapping made.
   *
   * @param size the volume's true size
   * @param target where it is exported
   * @param device the device on the compute node; null for an exposure
   * @param growing whether the volume may be larger than {@code size}, and whoever has it not have
   *     seen that
   */
  record Result(ByteSize size, Target target, @Nullable Device device, boolean growing) {}

  /**
   * A mapped volume's device on its compute node.
   *
   * @param name the kernel's name of it
   * @param stablePath its lasting path
   */
  record Device(DevicePath name, DevicePath stablePath) {}

  VolumeRecord {
    boolean hasIntent = state != MappingState.UNMAPPED && state != MappingState.DELETING;
    boolean needsResult = state == MappingState.MAPPED;
    if (hasIntent != (intent != null)
        || (needsResult && result == null)
        || (!hasIntent && result != null)
        || (intent != null && result != null && intent.exposed() != (result.device() == null))
        || (forced && state != MappingState.UNMAPPING)) {
      throw VmStoreException.builder(
              ErrorCode.INTERNAL, "record of zvol '" + zvol + "' is not valid")
          .reason(
              "state " + state + " does not go with " + intent + ", " + result + " and " + forced)
          .build();
    }
  }

  static VolumeRecord unmapped(ZvolName zvol, VolumeId id, long generation, OperationId operation) {
    return new VolumeRecord(
        zvol, id, generation, MappingState.UNMAPPED, operation, null, null, false);
  }

  VolumeRecord mapping(Intent newIntent, OperationId newOperation) {
    return new VolumeRecord(
        zvol, id, generation + 1, MappingState.MAPPING, newOperation, newIntent, null, false);
  }

  /** A volume that was there before, whose identity and data are not this mapping's to remove. */
  VolumeRecord adopted(VolumeId actual) {
    Intent here = Objects.requireNonNull(intent);
    Intent kept = new Intent(here.host(), here.initiator(), false, here.chap(), here.exposed());
    return new VolumeRecord(zvol, actual, generation, state, operation, kept, result, forced);
  }

  VolumeRecord mapped(Result newResult) {
    return new VolumeRecord(
        zvol, id, generation, MappingState.MAPPED, operation, intent, newResult, false);
  }

  /** {@return the same with a growth begun; only for a record with a result} */
  VolumeRecord growing(OperationId newOperation) {
    Result now = Objects.requireNonNull(result);
    return with(newOperation, new Result(now.size(), now.target(), now.device(), true));
  }

  /** {@return the same with no growth under way; only for a record with a result} */
  VolumeRecord grown(OperationId newOperation, ByteSize size) {
    Result now = Objects.requireNonNull(result);
    return with(newOperation, new Result(size, now.target(), now.device(), false));
  }

  /** {@return the same, exported elsewhere; only for a record with a result} */
  VolumeRecord moved(Target target, @Nullable Device device) {
    Result now = Objects.requireNonNull(result);
    return with(operation, new Result(now.size(), target, device, now.growing()));
  }

  private VolumeRecord with(OperationId newOperation, Result newResult) {
    return new VolumeRecord(zvol, id, generation, state, newOperation, intent, newResult, forced);
  }

  VolumeRecord unmapping(OperationId newOperation) {
    return new VolumeRecord(
        zvol, id, generation, MappingState.UNMAPPING, newOperation, intent, result, forced);
  }

  VolumeRecord fencing(OperationId newOperation) {
    return new VolumeRecord(
        zvol, id, generation, MappingState.UNMAPPING, newOperation, intent, result, true);
  }

  VolumeRecord unmapped(OperationId newOperation) {
    return unmapped(zvol, id, generation, newOperation);
  }

  VolumeRecord deleting(OperationId newOperation) {
    return new VolumeRecord(
        zvol, id, generation, MappingState.DELETING, newOperation, null, null, false);
  }

  /** {@return the mapping as callers see it; null unless the record has one with a result} */
  @Nullable Mapping mapping() {
    Device device = result == null ? null : result.device();
    if (intent == null || result == null || device == null) {
      return null;
    }
    return new Mapping(
        zvol,
        id,
        intent.host(),
        result.size(),
        result.target(),
        device.name(),
        device.stablePath(),
        generation);
  }

  /** {@return the exposure, with its secrets; null unless the record has one with a result} */
  @Nullable Exposure exposure() {
    if (intent == null || result == null || !intent.exposed()) {
      return null;
    }
    return new Exposure(
        zvol,
        id,
        intent.host(),
        intent.initiator(),
        result.size(),
        result.target(),
        intent.chap(),
        generation);
  }

  /**
   * {@return the volume as callers see it in a list}
   *
   * @param size its true size; null when the volume is missing and none is on record
   */
  ZvolStatus status(@Nullable ByteSize size) {
    Exposure exposure = exposure();
    return new ZvolStatus(
        zvol, size, state, host(), mapping(), exposure == null ? null : exposure.withoutSecrets());
  }

  /** {@return whether somebody else drives the initiator that has, or gets, the volume} */
  boolean exposed() {
    return intent != null && intent.exposed();
  }

  /** {@return what tells this record from every other one of the volume} */
  ZvolVersion version() {
    return new ZvolVersion(
        state, result != null && result.growing() && state == MappingState.MAPPED, operation);
  }

  /** {@return who may log in to its export; only for a record with an intent} */
  Admission admission() {
    return Objects.requireNonNull(intent).admission();
  }

  /** {@return the compute node concerned; null when UNMAPPED or DELETING} */
  @Nullable NodeName host() {
    return intent == null ? null : intent.host();
  }
}
