/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.flow;

import org.jspecify.annotations.NullMarked;
