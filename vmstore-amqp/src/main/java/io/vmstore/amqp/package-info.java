/**
 * Requests and replies over an AMQP 0-9-1 broker such as RabbitMQ. Start with {@link
 * io.vmstore.amqp.AmqpTransport} and its {@link io.vmstore.amqp.AmqpConfig}.
 */
@NullMarked
package io.vmstore.amqp;

import org.jspecify.annotations.NullMarked;
