/** Looks at what the frontend for measurements prints. */
@NullMarked
package io.vmstore.examples.bench;

import org.jspecify.annotations.NullMarked;
