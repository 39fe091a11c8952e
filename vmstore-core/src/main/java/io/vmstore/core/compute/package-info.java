/**
 * The compute role: attached targets and their records. Start from {@link
 * io.vmstore.core.compute.LocalComputeService}.
 */
@NullMarked
package io.vmstore.core.compute;

import org.jspecify.annotations.NullMarked;
