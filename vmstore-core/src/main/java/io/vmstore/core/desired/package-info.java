/** Desired states: what has to be done, the doing of it, and the document as JSON. */
@NullMarked
package io.vmstore.core.desired;

import org.jspecify.annotations.NullMarked;
