/**
 * How a virtual machine manager uses vmstore: {@link io.vmstore.examples.embedder.VmDisks} and its
 * unit tests.
 */
@NullMarked
package io.vmstore.examples.embedder;

import org.jspecify.annotations.NullMarked;
