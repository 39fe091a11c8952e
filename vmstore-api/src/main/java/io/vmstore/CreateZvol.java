package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ZvolName;

/**
 * Asks a NAS for a volume that nobody has yet.
 *
 * @param zvol the volume
 * @param size the size to create it with, rounded up by the NAS to the volume's block size; a
 *     volume that exists keeps its own
 */
public record CreateZvol(ZvolName zvol, ByteSize size) {}
