/** Tests of the command line. */
@NullMarked
package io.vmstore.examples.cli;

import org.jspecify.annotations.NullMarked;
