/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.nas;

import org.jspecify.annotations.NullMarked;
