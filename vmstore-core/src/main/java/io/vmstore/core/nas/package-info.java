/**
 * The NAS role: volumes, their records, and the operations that put them into the hands of compute
 * nodes. Start from {@link io.vmstore.core.nas.LocalNasService}.
 */
@NullMarked
package io.vmstore.core.nas;

import org.jspecify.annotations.NullMarked;
