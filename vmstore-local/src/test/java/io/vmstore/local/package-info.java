/** Tests of the embedded default, on real files and, where the machine has them, loop devices. */
@NullMarked
package io.vmstore.local;

import org.jspecify.annotations.NullMarked;
