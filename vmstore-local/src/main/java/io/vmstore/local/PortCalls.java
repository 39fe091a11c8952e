package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.local.DurableFiles.InDoubtException;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What every call of a port begins and ends with: the port must be open, the thread not
 * interrupted, the deadline ahead; a failure of the file system becomes a {@link VmStoreException}.
 * Thread-safe.
 */
final class PortCalls {
  /** With less than this, a write that failed did so because the disk is full. */
  private static final long FULL_BYTES = 64 * 1024;

  private final String port;
  private final Path root;
  private final Locks locks;
  private volatile boolean closed;

  PortCalls(String port, Path root, Locks locks) {
    this.port = port;
    this.root = root;
    this.locks = locks;
  }

  /** A call that answers. */
  @FunctionalInterface
  interface Answer<T> {
    T run() throws IOException;
  }

  /** A call that has an effect only. */
  @FunctionalInterface
  interface Effect {
    void run() throws IOException;
  }

  void close() {
    closed = true;
  }

  void requireOpen(String problem) {
    if (closed || !locks.isOpen()) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
          .reason("the " + port + " is closed")
          .correction("open a new one")
          .build();
    }
  }

  static void requireTime(String problem, String reason, Deadline deadline) {
    if (Thread.currentThread().isInterrupted()) {
      throw VmStoreException.builder(ErrorCode.CANCELLED, problem)
          .reason("the calling thread was interrupted; nothing was done")
          .build();
    }
    if (deadline.passed()) {
      throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, problem)
          .reason(reason)
          .correction("call again with a longer time-out")
          .build();
    }
  }

  /** Calls without a lock: for what only reads. */
  <T> T read(String problem, Deadline deadline, Answer<T> call) {
    requireOpen(problem);
    requireTime(problem, "the deadline had passed before the call began", deadline);
    try {
      return call.run();
    } catch (IOException e) {
      throw failed(problem, e);
    }
  }

  /** Calls while no other call of any process is at work on the thing. */
  <T> T alone(Object thing, String problem, Deadline deadline, Answer<T> call) {
    return read(problem, deadline, () -> locks.alone(thing, problem, deadline, call));
  }

  /** As the other, for an effect. */
  void alone(Object thing, String problem, Deadline deadline, Effect effect) {
    alone(
        thing,
        problem,
        deadline,
        () -> {
          effect.run();
          return thing;
        });
  }

  private VmStoreException failed(String problem, IOException failure) {
    boolean inDoubt = failure instanceof InDoubtException;
    Throwable cause = inDoubt ? failure.getCause() : failure;
    ErrorCode code = code(cause);
    return VmStoreException.builder(code, problem)
        .reason(String.valueOf(cause))
        .correction(
            code == ErrorCode.RESOURCE_EXHAUSTED
                ? "free space on the file system of '" + root + "'"
                : "check the file system of '" + root + "', and who owns the files in it")
        .outcomeUnknown(inDoubt)
        .cause(failure)
        .build();
  }

  private ErrorCode code(@Nullable Throwable failure) {
    if (failure instanceof ClosedByInterruptException) {
      return ErrorCode.CANCELLED;
    }
    if (failure instanceof AccessDeniedException) {
      return ErrorCode.PERMISSION_DENIED;
    }
    return isFull() ? ErrorCode.RESOURCE_EXHAUSTED : ErrorCode.UNAVAILABLE;
  }

  /** Asked of the file system, because the text of ENOSPC is in the language of the process. */
  private boolean isFull() {
    try {
      return Files.getFileStore(root).getUsableSpace() < FULL_BYTES;
    } catch (IOException e) {
      return false;
    }
  }
}
