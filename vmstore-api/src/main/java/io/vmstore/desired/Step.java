package io.vmstore.desired;

import io.vmstore.model.ByteSize;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import org.jspecify.annotations.Nullable;

/**
 * One thing to be done, or done, with a volume. {@link #toString} is for people.
 *
 * @param kind what
 * @param host for CONNECT and DISCONNECT the host; null otherwise
 * @param from for GROW the size before; null otherwise
 * @param to for GROW and CREATE the size asked for; null otherwise
 * @param state for AWAIT what it is in the course of; null otherwise
 */
public record Step(
    Kind kind,
    @Nullable NodeName host,
    @Nullable ByteSize from,
    @Nullable ByteSize to,
    @Nullable MappingState state) {
  /** What is done. */
  public enum Kind {
    /** The volume is created. */
    CREATE,
    /** It is mapped to a compute node, or exposed to a host that attaches by itself. */
    CONNECT,
    /** It is taken back from the host that has it, detached there. */
    DISCONNECT,
    /** It is made larger. */
    GROW,
    /** It is destroyed, with its data. */
    DELETE,
    /** What somebody else does with it has to end first. */
    AWAIT
  }

  /** {@return that a volume is created} */
  public static Step create(@Nullable ByteSize size) {
    return new Step(Kind.CREATE, null, null, size, null);
  }

  /** {@return that a volume is given to a host} */
  public static Step connect(@Nullable NodeName host) {
    return new Step(Kind.CONNECT, host, null, null, null);
  }

  /** {@return that a volume is taken back from a host} */
  public static Step disconnect(@Nullable NodeName host) {
    return new Step(Kind.DISCONNECT, host, null, null, null);
  }

  /** {@return that a volume grows} */
  public static Step grow(@Nullable ByteSize from, @Nullable ByteSize to) {
    return new Step(Kind.GROW, null, from, to, null);
  }

  /** {@return that a volume is destroyed} */
  public static Step delete() {
    return new Step(Kind.DELETE, null, null, null, null);
  }

  /** {@return that the end of something is waited for} */
  public static Step await(MappingState state) {
    return new Step(Kind.AWAIT, null, null, null, state);
  }

  /** {@return what is done, such as {@code grow from 1G to 2G}} */
  @Override
  public String toString() {
    return switch (kind) {
      case CREATE -> "create with " + to;
      case CONNECT -> "connect to " + host;
      case DISCONNECT -> "disconnect from " + host;
      case GROW -> "grow from " + from + " to " + to;
      case DELETE -> "delete";
      case AWAIT -> "wait until it is no longer " + state;
    };
  }
}
