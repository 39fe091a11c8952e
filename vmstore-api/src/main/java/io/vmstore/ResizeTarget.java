package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;

/**
 * Asks a compute node to see that an export has grown.
 *
 * @param target where the volume is exported
 * @param volume the volume's identity
 * @param generation the number of the mapping; any other than the one attached is refused
 * @param size the least size the device must have then
 */
public record ResizeTarget(Target target, VolumeId volume, long generation, ByteSize size) {}
