/** The file store of vmstore-core under its contract. */
@NullMarked
package io.vmstore.testkit.state;

import org.jspecify.annotations.NullMarked;
