/** A strict stand-in for programs, for the tests of adapters. */
@NullMarked
package io.vmstore.exec.testing;

import org.jspecify.annotations.NullMarked;
