/**
 * How the command line and the daemons reach the broker: address, user, and a password that is
 * never an argument.
 */
@NullMarked
package io.vmstore.examples.broker;

import org.jspecify.annotations.NullMarked;
