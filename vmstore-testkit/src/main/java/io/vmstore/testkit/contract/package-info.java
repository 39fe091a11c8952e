/**
 * The tests every implementation of a port or a role must pass. Extend the class of the contract,
 * say with a few protected methods how to obtain what is tested, and JUnit runs the rest. A method
 * that an implementation cannot offer is left as it is: the tests that need it are then shown as
 * skipped, with the reason.
 *
 * <p>The contracts create and remove things at will, under names like {@code vol1} and {@code
 * vol10}: give them a pool, a folder, a broker of their own.
 */
@NullMarked
package io.vmstore.testkit.contract;

import org.jspecify.annotations.NullMarked;
