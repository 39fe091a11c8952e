/**
 * ZFS volumes of a NAS node, by its command-line tools. Start from {@link
 * io.vmstore.zfs.ZfsZvolManager}.
 */
@NullMarked
package io.vmstore.zfs;

import org.jspecify.annotations.NullMarked;
