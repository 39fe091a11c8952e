/**
 * Feeds parsers with damaged input. Made of nothing but the JDK, and handed to the other modules'
 * tests as a test-jar, because core's must not need the testkit.
 */
@NullMarked
package io.vmstore.fuzz;

import org.jspecify.annotations.NullMarked;
