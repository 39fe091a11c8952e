/**
 * The frontend's command line, {@code vmstore}: tables for people, {@code --json} for programs, an
 * exit code for every {@link io.vmstore.error.ErrorCode}. Start from {@link
 * io.vmstore.examples.cli.VmStoreCli}.
 */
@NullMarked
package io.vmstore.examples.cli;

import org.jspecify.annotations.NullMarked;
