/** Tests of the daemons. */
@NullMarked
package io.vmstore.examples.agent;

import org.jspecify.annotations.NullMarked;
