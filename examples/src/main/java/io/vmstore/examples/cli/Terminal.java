package io.vmstore.examples.cli;

import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results, and with {@code --json} errors too
 * @param err errors and progress
 * @param showsProgress whether somebody watches {@code err}
 */
record Terminal(PrintStream out, PrintStream err, boolean showsProgress) {}
