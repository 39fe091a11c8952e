/**
 * The messages between frontends, NAS and compute nodes: their JSON form, the dispatcher that
 * answers requests, and the stubs that send them. docs/protocol.md describes every message.
 */
@NullMarked
package io.vmstore.core.protocol;

import org.jspecify.annotations.NullMarked;
