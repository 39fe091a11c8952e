/**
 * The daemons {@code vmstore-nas} and {@code vmstore-compute}: a properties file read strictly, a
 * broker waited for, a clean end. Start from {@link io.vmstore.examples.daemon.NasDaemon}.
 */
@NullMarked
package io.vmstore.examples.daemon;

import org.jspecify.annotations.NullMarked;
