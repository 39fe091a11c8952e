package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;

/**
 * Asks a NAS to put a volume into the hands of a compute node.
 *
 * @param zvol the volume; created when absent
 * @param remoteHost the compute node
 * @param size the size of the volume if it has to be created, rounded up by the NAS to the volume's
 *     block size; a volume that exists keeps its own
 */
public record MapZvol(ZvolName zvol, NodeName remoteHost, ByteSize size) {}
