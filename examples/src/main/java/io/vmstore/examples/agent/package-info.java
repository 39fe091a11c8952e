/**
 * {@code vmstore-agent}: attaches volumes of any target for a manager on the same host, in the
 * manner of oVirt's host agent, with JSON on standard input and output. Start from {@link
 * io.vmstore.examples.agent.HostAgent}.
 */
@NullMarked
package io.vmstore.examples.agent;

import org.jspecify.annotations.NullMarked;
