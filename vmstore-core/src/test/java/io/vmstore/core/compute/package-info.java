/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.compute;

import org.jspecify.annotations.NullMarked;
