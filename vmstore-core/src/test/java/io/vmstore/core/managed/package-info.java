/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.managed;

import org.jspecify.annotations.NullMarked;
