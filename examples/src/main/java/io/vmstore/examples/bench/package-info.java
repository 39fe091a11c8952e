/**
 * A frontend for measurements, {@code vmstore-bench}: one process that makes many requests, side by
 * side, and says how long each took. Start from {@link io.vmstore.examples.bench.BenchFrontend}.
 */
@NullMarked
package io.vmstore.examples.bench;

import org.jspecify.annotations.NullMarked;
