/** Tests of the package of the same name. */
@NullMarked
package io.vmstore.core.json;

import org.jspecify.annotations.NullMarked;
