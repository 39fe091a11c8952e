/**
 * The one exception of vmstore, {@link io.vmstore.error.VmStoreException}, and the closed set of
 * its codes.
 */
@NullMarked
package io.vmstore.error;

import org.jspecify.annotations.NullMarked;
