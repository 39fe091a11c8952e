/**
 * Volumes of any iSCSI target, attached as today's managers of virtual machines ask for it: with
 * the documents of os-brick and Cinder, and by an id that the manager chooses. {@link
 * io.vmstore.ManagedVolumes} is where to begin.
 *
 * <p>The documents' fields are those of os-brick (connectors/iscsi.py) and of oVirt's managed block
 * storage; docs/managed-volumes.md has the tables.
 */
@NullMarked
package io.vmstore.managed;

import org.jspecify.annotations.NullMarked;
