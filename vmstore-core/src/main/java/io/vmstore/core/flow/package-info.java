/**
 * What the roles and the protocol share about running work: one operation a volume, answers by a
 * deadline, recovery until nothing is left, one shape of failure. It knows nothing of volumes.
 */
@NullMarked
package io.vmstore.core.flow;

import org.jspecify.annotations.NullMarked;
