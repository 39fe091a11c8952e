/**
 * Failures on demand: a {@link io.vmstore.testkit.fault.FaultPlan} wraps ports and lets a chosen
 * call fail, hang, or be the last thing its process does.
 */
@NullMarked
package io.vmstore.testkit.fault;

import org.jspecify.annotations.NullMarked;
