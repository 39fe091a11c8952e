package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import org.jspecify.annotations.Nullable;

/**
 * Asks a compute node to attach an export.
 *
 * @param target where the volume is exported
 * @param volume the identity that the device must prove
 * @param generation the number of the mapping; a node refuses an older one than it has attached
 * @param chap what a login has to prove; null when the node's name suffices
 * @param zvol the volume's name, which only a node of the predecessor has to be told; null when it
 *     is not known, as after our own wire
 * @param size the volume's size, likewise
 */
public record AttachTarget(
    Target target,
    VolumeId volume,
    long generation,
    @Nullable ChapSecrets chap,
    @Nullable ZvolName zvol,
    @Nullable ByteSize size) {
  /** Asks a node that need not be told the volume's name and size. */
  public AttachTarget(Target target, VolumeId volume, long generation, @Nullable ChapSecrets chap) {
    this(target, volume, generation, chap, null, null);
  }

  /** Asks for an export to which the node's name suffices. */
  public AttachTarget(Target target, VolumeId volume, long generation) {
    this(target, volume, generation, null);
  }
}
