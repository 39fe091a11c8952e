/**
 * The open-iscsi initiator of a compute node: logs in to a target, waits for its disk, checks that
 * it is the right one, and lets go of it again. Start from {@link
 * io.vmstore.iscsi.OpenIscsiTargetConnector}.
 */
@NullMarked
package io.vmstore.iscsi;

import org.jspecify.annotations.NullMarked;
