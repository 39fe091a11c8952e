package io.vmstore.amqp;

/** Why a message is not known to have reached a queue. */
enum Undelivered {
  /** No queue is bound to its routing key: nobody has it. */
  UNROUTABLE,
  /** The broker reported a failure of its own; whether somebody has the message is open. */
  REFUSED,
  /** The connection was gone before the message was written: nobody has it. */
  NOT_SENT,
  /** The connection was lost before the broker confirmed; whether somebody has it is open. */
  CUT_OFF
}
