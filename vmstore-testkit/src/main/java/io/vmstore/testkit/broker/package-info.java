/**
 * Brokers for tests: {@link io.vmstore.testkit.broker.EmbeddedBroker} inside the JVM, {@link
 * io.vmstore.testkit.broker.RabbitMqServer} beside it, and {@link
 * io.vmstore.testkit.broker.FaultProxy} between a client and either. All listen on loopback only.
 */
@NullMarked
package io.vmstore.testkit.broker;

import org.jspecify.annotations.NullMarked;
