package io.vmstore.amqp;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps one session to the broker: when it is lost, another is made, with the same queues, however
 * long that takes. Thread-safe.
 */
final class Link {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);
  private static final Duration FIRST_WAIT = Duration.ofMillis(100);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final AmqpConfig config;
  private final Threads threads;
  private final PendingRequests pending;
  private final Connector connector;

  /** Held while a session is made or gets another node, so that no node is forgotten. */
  private final ReentrantLock topology = new ReentrantLock();

  private final List<Node> nodes = new ArrayList<>();
  private String replyQueue = Route.newReplyQueue();

  private final Object state = new Object();

  /** Failed once closed. */
  private volatile CompletableFuture<Session> current = new CompletableFuture<>();

  private boolean closed;

  Link(AmqpConfig config, Threads threads, PendingRequests pending) {
    this.config = config;
    this.threads = threads;
    this.pending = pending;
    this.connector = new Connector(config);
  }

  /** {@return the session, when there is one; none after {@link #close}} */
  Optional<Session> session() {
    CompletableFuture<Session> now = current;
    return now.isDone() && !now.isCompletedExceptionally()
        ? Optional.of(now.join())
        : Optional.empty();
  }

  /** Publishes now, or as soon as there is a session again. */
  void send(Publication publication) {
    current.thenAccept(session -> session.publish(publication));
  }

  /** As {@link #send}, but on this thread, which may block, when nobody else is publishing. */
  void sendHere(Publication publication) {
    session().ifPresentOrElse(now -> now.publishHere(publication), () -> send(publication));
  }

  /**
   * Makes a session.
   *
   * @throws VmStoreException UNAVAILABLE or PERMISSION_DENIED
   */
  void connect() {
    topology.lock();
    try {
      Connection connection = connector.connect();
      try {
        use(open(connection));
      } catch (IOException | ShutdownSignalException e) {
        Session.end(connection);
        throw unusable(connection, e);
      }
    } finally {
      topology.unlock();
    }
  }

  private Session open(Connection connection) throws IOException {
    Session session = new Session(connection, config, replyQueue, threads);
    try {
      session.takeReplies(pending);
    } catch (QueueHeldException e) {
      // The broker has not noticed yet that the connection before this one is lost. What it holds
      // for that one is lost with it.
      replyQueue = Route.newReplyQueue();
      pending.failAll();
      throw e;
    }
    for (Node node : nodes) {
      session.serve(node, pending);
    }
    return session;
  }

  private void use(Session session) {
    boolean late;
    synchronized (state) {
      late = closed;
      if (!late) {
        current.complete(session);
      }
    }
    if (late) {
      session.close();
    } else {
      session.whenLost(() -> lost(session));
    }
  }

  private void lost(Session session) {
    synchronized (state) {
      if (!session().equals(Optional.of(session))) {
        return; // told before, or closed
      }
      current = new CompletableFuture<>();
    }
    LOG.warn("lost the connection to the broker, connects again");
    reconnectAfter(FIRST_WAIT);
  }

  private void reconnectAfter(Duration wait) {
    // Spread, so that the nodes of a broker that comes back do not all knock at the same moment.
    long spread = ThreadLocalRandom.current().nextLong(wait.toNanos() / 2);
    threads.schedule(() -> reconnect(wait), wait.minusNanos(spread));
  }

  private void reconnect(Duration waited) {
    try {
      connect();
      LOG.info("connected to the broker again");
    } catch (RuntimeException e) { // whatever it is, the next attempt may do better
      // Loud until the waits have grown, and then silent, or a long outage fills the disk.
      Level level = waited.compareTo(LONGEST_WAIT) < 0 ? Level.WARN : Level.DEBUG;
      LOG.atLevel(level).log("still without the broker: {}", e.getMessage());
      Duration twice = waited.multipliedBy(2);
      reconnectAfter(twice.compareTo(LONGEST_WAIT) < 0 ? twice : LONGEST_WAIT);
    }
  }

  /**
   * Takes requests to a node, on this session and all that follow. Waits for a session at most the
   * connection timeout.
   *
   * @throws VmStoreException ALREADY_EXISTS, UNAVAILABLE, PERMISSION_DENIED when the broker forbids
   *     the user to listen under that name, or CANCELLED when interrupted
   */
  void serve(Node node) {
    Deadline deadline = Deadline.after(config.connectionTimeout());
    boolean served = false;
    while (!served) {
      served = serve(node, awaitSession(node, deadline));
    }
  }

  private Session awaitSession(Node node, Deadline deadline) {
    String problem = problem(node);
    try {
      Session session = current.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
      if (!deadline.passed()) {
        return session;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failures.interrupted(problem);
    } catch (ExecutionException e) {
      throw Failures.closed(problem);
    } catch (TimeoutException e) {
      // As when it came too late.
    }
    throw Failures.notConnected(problem);
  }

  /** {@return false when the session was lost meanwhile, so that the next may be tried} */
  private boolean serve(Node node, Session session) {
    topology.lock();
    try {
      if (nodes.stream().map(Node::name).anyMatch(node.name()::equals)) {
        throw nameTaken(node, null);
      }
      session.serve(node, pending);
      return nodes.add(node);
    } catch (QueueHeldException e) {
      throw nameTaken(node, e);
    } catch (IOException | ShutdownSignalException e) {
      session.close(); // half of the node may be there
      lost(session);
      if (AmqpReasons.connectionLost(e)) {
        return false;
      }
      throw VmStoreException.builder(AmqpReasons.code(e), problem(node))
          .reason(AmqpReasons.of(e))
          .correction(
              "correct the node's name, or the permissions of the user '"
                  + config.user()
                  + "' on the broker (rabbitmqctl list_permissions), see docs/operations.md")
          .cause(e)
          .build();
    } finally {
      topology.unlock();
    }
  }

  void close() {
    Optional<Session> last;
    synchronized (state) {
      closed = true;
      last = session();
      current.completeExceptionally(new IllegalStateException("closed"));
      current = CompletableFuture.failedFuture(new IllegalStateException("closed"));
    }
    last.ifPresent(Session::close);
  }

  private static VmStoreException unusable(Connection connection, Exception cause) {
    return VmStoreException.builder(
            AmqpReasons.code(cause),
            "cannot use the broker at '" + connection.getAddress().getHostAddress() + "'")
        .reason(AmqpReasons.of(cause))
        .correction(
            "look at the broker's log, and at the user's permissions, see docs/operations.md")
        .cause(cause)
        .build();
  }

  private static VmStoreException nameTaken(Node node, @Nullable Throwable cause) {
    return VmStoreException.builder(ErrorCode.ALREADY_EXISTS, problem(node))
        .reason("another daemon listens under this name")
        .correction(
            "stop the other one, or give this one another name; whose connection has the queue '"
                + Route.nodeQueue(node.name())
                + "' is told by rabbitmqctl list_queues name owner_pid")
        .cause(cause)
        .build();
  }

  private static String problem(Node node) {
    return "cannot listen as '" + node.name() + "'";
  }
}
