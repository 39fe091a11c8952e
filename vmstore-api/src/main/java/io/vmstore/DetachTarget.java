package io.vmstore;

import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import org.jspecify.annotations.Nullable;

/**
 * Asks a compute node to give an export back.
 *
 * @param target where the volume is exported
 * @param volume the volume's identity
 * @param generation the number of the mapping that ends; a later mapping of the volume is not
 *     touched
 * @param zvol the volume's name, which only a node of the predecessor has to be told; null when it
 *     is not known, as after our own wire
 */
public record DetachTarget(
    Target target, VolumeId volume, long generation, @Nullable ZvolName zvol) {
  /** Asks a node that need not be told the volume's name. */
  public DetachTarget(Target target, VolumeId volume, long generation) {
    this(target, volume, generation, null);
  }
}
