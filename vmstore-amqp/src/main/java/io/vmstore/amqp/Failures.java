package io.vmstore.amqp;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;

/** What a caller is told. */
final class Failures {
  private static final String BROKER_CORRECTION =
      "see this process's log for the broker's state, and check that a broker runs at its addresses";

  private Failures() {}

  static String asking(NodeName to) {
    return "cannot ask node '" + to + "'";
  }

  static VmStoreException closed(String problem) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
        .reason("the transport is closed")
        .correction("open a new one")
        .build();
  }

  static VmStoreException interrupted(String problem) {
    return VmStoreException.builder(ErrorCode.CANCELLED, problem)
        .reason("the calling thread was interrupted")
        .build();
  }

  static VmStoreException tooLong(NodeName to, int bytes, int most) {
    return VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, asking(to))
        .reason("the request has " + bytes + " bytes, and " + most + " is the most")
        .correction("ask for less at once, or raise the maximum body on both sides")
        .build();
  }

  static VmStoreException notConnected(String problem) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
        .reason("the connection to the broker is lost; it is tried again all the time")
        .correction(BROKER_CORRECTION)
        .build();
  }

  static VmStoreException blocked(NodeName to, String reason) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, asking(to))
        .reason("the broker takes no messages: " + reason)
        .correction("free memory or disk on the broker's machine (rabbitmq-diagnostics alarms)")
        .build();
  }

  static VmStoreException late(NodeName to) {
    return VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, asking(to))
        .reason("no reply came in time")
        .correction("look at the node's log, and read the state back before repeating")
        .outcomeUnknown(true)
        .build();
  }

  static VmStoreException cancelled(NodeName to) {
    return VmStoreException.builder(ErrorCode.CANCELLED, asking(to))
        .reason("the transport was closed before the reply came")
        .correction("read the state back")
        .outcomeUnknown(true)
        .build();
  }

  static VmStoreException replyLost(NodeName to) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, asking(to))
        .reason("the connection was lost, and with it the queue that the reply would come to")
        .correction("read the state back")
        .outcomeUnknown(true)
        .build();
  }

  static VmStoreException noReplyQueue(NodeName to, Exception cause) {
    return VmStoreException.builder(AmqpReasons.code(cause), asking(to))
        .reason("no queue for its reply could be made: " + AmqpReasons.of(cause))
        .correction(BROKER_CORRECTION)
        .cause(cause)
        .build();
  }

  static VmStoreException undelivered(NodeName to, Undelivered why) {
    String problem = asking(to);
    VmStoreException.Builder failure = VmStoreException.builder(ErrorCode.UNAVAILABLE, problem);
    return switch (why) {
      case UNROUTABLE ->
          failure
              .reason("no node of that name listens")
              .correction("start the node '" + to + "', or correct the name")
              .build();
      case REFUSED ->
          failure
              .reason("the broker failed to take the request")
              .correction("look at the broker's log, and read the state back")
              .outcomeUnknown(true)
              .build();
      case NOT_SENT -> notConnected(problem);
      case CUT_OFF ->
          failure
              .reason("the connection was lost before the broker confirmed the request")
              .correction("read the state back; " + BROKER_CORRECTION)
              .outcomeUnknown(true)
              .build();
    };
  }
}
