/**
 * The role that attaches volumes of any iSCSI target, its records, and the documents of os-brick
 * and Cinder. Start from {@link io.vmstore.core.managed.LocalManagedVolumes}.
 */
@NullMarked
package io.vmstore.core.managed;

import org.jspecify.annotations.NullMarked;
