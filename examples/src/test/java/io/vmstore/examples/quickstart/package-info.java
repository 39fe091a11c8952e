/** Runs the quickstart. */
@NullMarked
package io.vmstore.examples.quickstart;

import org.jspecify.annotations.NullMarked;
