/**
 * The ports an adapter implements: {@link io.vmstore.spi.ZvolManager} and {@link
 * io.vmstore.spi.TargetExporter} on a NAS, {@link io.vmstore.spi.TargetConnector} on a compute
 * node, {@link io.vmstore.spi.Transport} and {@link io.vmstore.spi.StateStore} on both. Application
 * code uses the roles in {@code io.vmstore} instead.
 *
 * <p>Rules for every port:
 *
 * <ul>
 *   <li>Implementations are thread-safe. The roles never call a port twice at once for the same
 *       volume, and do call it at once for different volumes.
 *   <li>Arguments are never null and were validated by their constructors.
 *   <li>Failures are {@link io.vmstore.error.VmStoreException}s with the code that the method
 *       documents. When the effect may have happened although the call failed, {@code
 *       outcomeUnknown()} is true.
 *   <li>A thread interrupted during a call gets CANCELLED with its interrupt flag set again.
 *   <li>{@code close} is idempotent; a call after it fails with UNAVAILABLE.
 * </ul>
 */
@NullMarked
package io.vmstore.spi;

import org.jspecify.annotations.NullMarked;
