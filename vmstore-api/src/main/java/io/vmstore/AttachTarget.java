package io.vmstore;

import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;

/**
 * Asks a compute node to attach an export.
 *
 * @param target where the volume is exported
 * @param volume the identity that the device must prove
 * @param generation the number of the mapping; a node refuses an older one than it has attached
 */
public record AttachTarget(Target target, VolumeId volume, long generation) {}
