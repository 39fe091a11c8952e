/**
 * Where an application begins: {@link io.vmstore.core.NasNode} and {@link
 * io.vmstore.core.ComputeNode} run the roles on their nodes, {@link io.vmstore.core.VmStore} calls
 * them from a frontend. This package assembles the others and is imported by none of them.
 */
@NullMarked
package io.vmstore.core;

import org.jspecify.annotations.NullMarked;
