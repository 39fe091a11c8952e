/**
 * A whole installation in one thread: frontends, NAS and compute nodes run the real roles over a
 * simulated network, kernel, disk and clock. A seed decides everything that happens, so a failing
 * one fails again. Start from {@link io.vmstore.testkit.simulator.Simulation}.
 */
@NullMarked
package io.vmstore.testkit.simulator;

import org.jspecify.annotations.NullMarked;
