/** The in-memory ports under their contracts. */
@NullMarked
package io.vmstore.testkit.memory;

import org.jspecify.annotations.NullMarked;
