package io.vmstore;

import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;

/**
 * Asks a compute node to give an export back.
 *
 * @param target where the volume is exported
 * @param volume the volume's identity
 * @param generation the number of the mapping that ends; a later mapping of the volume is not
 *     touched
 */
public record DetachTarget(Target target, VolumeId volume, long generation) {}
