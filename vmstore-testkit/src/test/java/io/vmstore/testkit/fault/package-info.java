/** The fault plan and the ports under it. */
@NullMarked
package io.vmstore.testkit.fault;

import org.jspecify.annotations.NullMarked;
