/** The file-backed {@link io.vmstore.spi.StateStore}. */
@NullMarked
package io.vmstore.core.state;

import org.jspecify.annotations.NullMarked;
