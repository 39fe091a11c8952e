/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.protocol;

import org.jspecify.annotations.NullMarked;
