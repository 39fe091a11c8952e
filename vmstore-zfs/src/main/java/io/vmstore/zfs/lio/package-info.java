/**
 * Targets of the kernel's own iSCSI target, LIO, by its configfs tree. Start from {@link
 * io.vmstore.zfs.lio.LioTargetExporter}.
 */
@NullMarked
package io.vmstore.zfs.lio;

import org.jspecify.annotations.NullMarked;
