/** Tests of the brokers for tests. */
@NullMarked
package io.vmstore.testkit.broker;

import org.jspecify.annotations.NullMarked;
