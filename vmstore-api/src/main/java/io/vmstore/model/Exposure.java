package io.vmstore.model;

import org.jspecify.annotations.Nullable;

/**
 * One volume exposed to one initiator, which logs in to it without vmstore's doing. {@link
 * #toString} does not repeat a secret; nothing else may either.
 *
 * @param zvol the volume
 * @param id its identity, equal to the unit serial number the disk shows
 * @param host the name of whoever has it
 * @param initiator the only initiator admitted
 * @param size its true size, which for an adopted zvol may differ from the one asked for
 * @param target where it is exported, at LUN 0
 * @param chap what a login has to prove, and the target in turn; null when the initiator's name
 *     suffices, and in a list of volumes, which has no secrets
 * @param generation the number of this exposure, growing by one with each mapping or exposure of
 *     the volume
 */
public record Exposure(
    ZvolName zvol,
    VolumeId id,
    NodeName host,
    Iqn initiator,
    ByteSize size,
    Target target,
    @Nullable ChapSecrets chap,
    long generation) {
  /** {@return the same, fit to be shown} */
  public Exposure withoutSecrets() {
    return new Exposure(zvol, id, host, initiator, size, target, null, generation);
  }
}
