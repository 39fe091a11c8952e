package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.TargetName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One at a time makes or ends sessions of a target: else one volume's session would end between
 * another's login and its scan. Other processes are kept out by a lock of a file (fcntl(2)), which
 * the kernel lets go when its holder is killed; the files stay, empty, until the next boot.
 *
 * <p>Thread safety: thread-safe.
 */
final class TargetLocks {
  private static final Logger LOG = LoggerFactory.getLogger(TargetLocks.class);

  /** Held until it is closed, by the thread that took it. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  private final Path directory;

  /** A process has a file's lock as a whole, and loses it with the first descriptor it closes. */
  private final Map<TargetName, ReentrantLock> own = new ConcurrentHashMap<>();

  TargetLocks(Path directory) {
    this.directory = directory;
  }

  /**
   * Waits for the lock.
   *
   * @throws VmStoreException BUSY: others had it until the deadline; UNAVAILABLE: no file can be
   *     made; CANCELLED
   */
  Held take(TargetName target, Attempt attempt) {
    ReentrantLock lock = own.computeIfAbsent(target, name -> new ReentrantLock());
    try {
      if (!lock.tryLock(attempt.deadline().remaining().toNanos(), TimeUnit.NANOSECONDS)) {
        throw busy(target, attempt);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw attempt.cancelled();
    }
    boolean taken = false;
    try {
      FileChannel file = locked(target, attempt);
      taken = true;
      return () -> {
        close(file);
        lock.unlock();
      };
    } finally {
      if (!taken) {
        lock.unlock();
      }
    }
  }

  private FileChannel locked(TargetName target, Attempt attempt) {
    FileChannel file = open(target, attempt);
    boolean locked = false;
    try {
      locked = attempt.await(() -> tried(file, attempt)).isPresent();
    } finally {
      if (!locked) {
        close(file);
      }
    }
    if (!locked) {
      throw busy(target, attempt);
    }
    return file;
  }

  private FileChannel open(TargetName target, Attempt attempt) {
    try {
      Files.createDirectories(directory);
      return FileChannel.open(
          directory.resolve(target + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw unusable(e, attempt);
    }
  }

  private Optional<FileLock> tried(FileChannel file, Attempt attempt) {
    try {
      return Optional.ofNullable(file.tryLock());
    } catch (OverlappingFileLockException e) {
      return Optional.empty(); // another connector of this process has it
    } catch (IOException e) {
      throw unusable(e, attempt);
    }
  }

  private static void close(FileChannel file) {
    try {
      file.close();
    } catch (IOException e) {
      LOG.warn("the lock of a target cannot be closed", e);
    }
  }

  private VmStoreException unusable(IOException e, Attempt attempt) {
    return attempt
        .failure(ErrorCode.UNAVAILABLE)
        .reason("no lock can be taken below '" + directory + "': " + e)
        .correction("make the directory writable for this process")
        .cause(e)
        .build();
  }

  private static VmStoreException busy(TargetName target, Attempt attempt) {
    return attempt
        .failure(ErrorCode.BUSY)
        .reason("other volumes of the target '" + target + "' are being connected or disconnected")
        .correction("repeat the call")
        .build();
  }
}
