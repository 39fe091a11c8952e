package io.vmstore.examples.daemon;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a daemon has open, closed in reverse order. A signal may close it while the daemon still
 * opens things: what comes later is closed at once.
 *
 * <p>Thread safety: thread-safe.
 */
public final class Resources implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Resources.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private boolean closed;

  /**
   * {@return the given resource, from now on closed by this}
   *
   * @throws VmStoreException CANCELLED when this is closed
   */
  public synchronized <T extends AutoCloseable> T add(T resource) {
    open.push(resource);
    if (closed) {
      close();
      throw stopping();
    }
    return resource;
  }

  /** Closes one resource before its time. */
  synchronized void close(AutoCloseable resource) {
    if (open.remove(resource)) {
      closeQuietly(resource);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    while (!open.isEmpty()) {
      closeQuietly(open.pop());
    }
  }

  /** {@return the failure of whoever goes on after a signal to stop} */
  static VmStoreException stopping() {
    return VmStoreException.builder(ErrorCode.CANCELLED, "the daemon is stopping").build();
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // The others must be closed nevertheless.
      LOG.warn("cannot close {}", resource, e);
    }
  }
}
