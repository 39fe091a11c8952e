/** Tests of desired states without a NAS. */
@NullMarked
package io.vmstore.core.desired;

import org.jspecify.annotations.NullMarked;
