/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.state;

import org.jspecify.annotations.NullMarked;
