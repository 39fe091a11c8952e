/** The roles of vmstore-core under their contracts, over storage and messages in memory. */
@NullMarked
package io.vmstore.testkit.roles;

import org.jspecify.annotations.NullMarked;
