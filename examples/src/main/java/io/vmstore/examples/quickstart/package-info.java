/**
 * A whole installation in one process, without root: start from {@link
 * io.vmstore.examples.quickstart.Quickstart}.
 */
@NullMarked
package io.vmstore.examples.quickstart;

import org.jspecify.annotations.NullMarked;
