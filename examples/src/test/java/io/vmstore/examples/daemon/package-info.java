/** Tests of the daemons. */
@NullMarked
package io.vmstore.examples.daemon;

import org.jspecify.annotations.NullMarked;
