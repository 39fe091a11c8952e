/**
 * Runs programs: an argument list and never a shell, a deadline that holds, output that is bounded.
 * Start from {@link io.vmstore.exec.CommandRunner}.
 */
@NullMarked
package io.vmstore.exec;

import org.jspecify.annotations.NullMarked;
