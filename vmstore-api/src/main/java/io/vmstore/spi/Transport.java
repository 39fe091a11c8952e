package io.vmstore.spi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests to named nodes and their replies back. It knows addresses and deadlines, and
 * nothing of what a message means.
 *
 * <p><b>Delivery.</b> A request is handed to its handler at most once by one transport, and may be
 * repeated when a caller sends it again. A reply reaches only the caller of its request; a late one
 * is dropped.
 *
 * <p><b>Threading.</b> Nothing here blocks on a peer. Handlers run on threads of the transport's
 * executor and may block; one that does delays neither other handlers nor replies.
 *
 * <p>Implementations must pass {@code TransportContract} of vmstore-testkit. Rules for all ports:
 * see the package.
 */
public interface Transport extends AutoCloseable {
  /**
   * Sends a request and returns its reply. The future completes within {@code timeout}, with the
   * reply or with a {@link io.vmstore.error.VmStoreException}:
   *
   * <ul>
   *   <li>UNAVAILABLE at once when no node of that name listens, or the request could not be handed
   *       over; it was not executed, unless {@code outcomeUnknown()};
   *   <li>DEADLINE_EXCEEDED with {@code outcomeUnknown()} when no reply came in time;
   *   <li>CANCELLED with {@code outcomeUnknown()} when the transport was closed first.
   * </ul>
   *
   * @param body at most {@link #maximumBodyBytes()}; longer is INVALID_ARGUMENT
   */
  CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout);

  /**
   * Sends a request to a node of the system that vmstore succeeds, which names no request in its
   * reply: the reply is known by where it comes to. Fails as {@link #request} does, and with
   * UNIMPLEMENTED when this transport cannot reach such nodes.
   *
   * @param from the node of this transport that asks another node, which then answers to that name;
   *     null for a frontend, for which a reply queue of this request's own is made
   */
  default CompletableFuture<Reply> requestLegacy(
      @Nullable NodeName from, NodeName to, byte[] body, Duration timeout) {
    return CompletableFuture.failedFuture(
        VmStoreException.builder(ErrorCode.UNIMPLEMENTED, "cannot ask node '" + to + "'")
            .reason("this transport does not reach nodes of the predecessor")
            .correction("use the transport over AMQP, or take the node out of the legacy peers")
            .build());
  }

  /**
   * Begins to listen for requests to the given name; {@link #close} ends it. Returns once requests
   * arrive.
   *
   * @throws io.vmstore.error.VmStoreException ALREADY_EXISTS: another transport listens under this
   *     name; UNAVAILABLE: the broker cannot be reached
   */
  void serve(NodeName name, RequestHandler handler);

  /** {@return the longest body it carries, in bytes} */
  int maximumBodyBytes();

  /** Stops listening, fails what is pending with CANCELLED and releases the connection. */
  @Override
  void close();

  /**
   * An answer as it arrives. Thread safety: immutable, but for the bytes, which nobody changes.
   *
   * @param sender who sent it, as far as the transport has proof, otherwise the empty string;
   *     whether that is who may answer as the node that was asked, the caller decides
   * @param body its bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares replies
  record Reply(String sender, byte[] body) {}

  /** Answers requests. */
  @FunctionalInterface
  interface RequestHandler {
    /**
     * Answers one request; the reply is sent when the stage completes. A handler answers every
     * request: one that throws, or whose stage fails, leaves its caller without a word until the
     * deadline, which the transport can only log.
     */
    CompletionStage<byte[]> handle(Request request);
  }

  /** A request as it arrives. Thread safety: immutable, but for the bytes, which nobody changes. */
  interface Request {
    /**
     * {@return its name, unique for its sender; the same when the broker delivers the message
     * again}
     */
    String id();

    /** {@return who sent it, as far as the transport has proof, otherwise the empty string} */
    String sender();

    /** {@return its bytes} */
    byte[] body();

    /** {@return until when the caller waits} */
    Deadline deadline();

    /**
     * {@return whether the message has the marks of the system that vmstore succeeds, so that it is
     * read and answered as that system would} No request of vmstore has them.
     */
    default boolean legacy() {
      return false;
    }
  }
}
