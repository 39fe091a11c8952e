/**
 * Complete ports without a kernel, a disk or a broker, for tests: {@link
 * io.vmstore.testkit.memory.MemoryFabric} for volumes, targets and sessions, {@link
 * io.vmstore.testkit.memory.MemoryNetwork} for messages, {@link
 * io.vmstore.testkit.memory.MemoryStateStore} for records, and two {@link
 * io.vmstore.spi.Scheduler}s. They pass the contracts of {@code io.vmstore.testkit.contract}.
 */
@NullMarked
package io.vmstore.testkit.memory;

import org.jspecify.annotations.NullMarked;
