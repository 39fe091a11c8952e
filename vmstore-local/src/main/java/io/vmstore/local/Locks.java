package io.vmstore.local;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets one thread of all processes at a time work on a thing. A thing's lock is one byte of the
 * lock file (fcntl(2), record locks): there are enough for every volume, none has to be made or
 * removed, and the kernel frees those of a process that dies.
 *
 * <p>Nobody holds two at a time, so two things that share a byte wait for one another and no more.
 * Thread safety: thread-safe.
 */
final class Locks implements AutoCloseable {
  /** The kernel tells nobody with a deadline that a lock became free; it has to be asked. */
  private static final long ASK_AGAIN_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);

  private final Path file;
  private final FileChannel channel;

  private Locks(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static Locks open(Path file) throws IOException {
    return new Locks(
        file, FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /**
   * Calls while holding the thing's lock.
   *
   * @throws VmStoreException DEADLINE_EXCEEDED or CANCELLED: the lock was not had, nothing was done
   */
  <T> T alone(Object thing, String problem, Deadline deadline, PortCalls.Answer<T> call)
      throws IOException {
    // Of the text, because its hash code is the same in every process; a record's need not be.
    long position = Integer.toUnsignedLong(thing.toString().hashCode());
    FileLock lock = acquire(position, 1, problem, deadline);
    try {
      return call.run();
    } finally {
      lock.release();
    }
  }

  private FileLock acquire(long position, long size, String problem, Deadline deadline)
      throws IOException {
    while (true) {
      try {
        FileLock lock = channel.tryLock(position, size, false);
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException e) {
        // held by another thread of this process: it is waited for as any other
      }
      waitABit(problem, deadline);
    }
  }

  private void waitABit(String problem, Deadline deadline) {
    PortCalls.requireTime(problem, "another call locks it in '" + file + "'", deadline);
    LockSupport.parkNanos(ASK_AGAIN_NANOS);
  }

  /**
   * Closes the file once no thread of this process is at work, because closing any descriptor of a
   * file frees all locks its process has on it (fcntl(2)), those of another instance included.
   */
  @Override
  public void close() throws IOException {
    try {
      if (channel.isOpen()) {
        acquire(0, Long.MAX_VALUE, "cannot close the locks", Deadline.after(LONGEST_CLOSE));
      }
    } catch (VmStoreException e) {
      // interrupted, or a call that does not end: whoever closes wants it closed
    } finally {
      channel.close();
    }
  }
}
