/** The simulation's own proof: it repeats exactly, finds nothing, and finds what is built in. */
@NullMarked
package io.vmstore.testkit.simulator;

import org.jspecify.annotations.NullMarked;
