package io.vmstore;

import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import org.jspecify.annotations.Nullable;

/**
 * Asks a compute node to attach an export.
 *
 * @param target where the volume is exported
 * @param volume the identity that the device must prove
 * @param generation the number of the mapping; a node refuses an older one than it has attached
 * @param chap what a login has to prove; null when the node's name suffices
 */
public record AttachTarget(
    Target target, VolumeId volume, long generation, @Nullable ChapSecrets chap) {
  /** Asks for an export to which the node's name suffices. */
  public AttachTarget(Target target, VolumeId volume, long generation) {
    this(target, volume, generation, null);
  }
}
