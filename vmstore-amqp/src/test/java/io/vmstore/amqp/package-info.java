/** Tests of the transport over AMQP, on an embedded broker and on RabbitMQ. */
@NullMarked
package io.vmstore.amqp;

import org.jspecify.annotations.NullMarked;
