package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;

/**
 * Asks a NAS to expose a volume to an initiator that somebody else drives.
 *
 * @param zvol the volume; created when absent
 * @param host a name for whoever gets it, kept with the exposure; no node of that name is asked
 * @param initiator the name it logs in with, the only one admitted
 * @param size the size of the volume if it has to be created, rounded up by the NAS to the volume's
 *     block size; a volume that exists keeps its own
 */
public record ExposeZvol(ZvolName zvol, NodeName host, Iqn initiator, ByteSize size) {}
