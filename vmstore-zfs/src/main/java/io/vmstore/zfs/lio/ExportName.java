package io.vmstore.zfs.lio;

import io.vmstore.model.VolumeId;

/**
 * What tells one export from all others.
 *
 * @param volume the volume, which has at most one export at a time
 * @param generation the number of its mapping
 */
record ExportName(VolumeId volume, long generation) {}
