package io.vmstore.iscsi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock of iscsiadm's records: a second name that it gives a file by link(2) and takes away
 * again (usr/idbm.c, idbm_lock). Whoever is killed meanwhile leaves it, and every iscsiadm after
 * that waits for half a minute and fails, until the next boot.
 *
 * <p>Thread safety: thread-safe.
 */
final class RecordsLock {
  private static final Logger LOG = LoggerFactory.getLogger(RecordsLock.class);

  /** It is held for milliseconds, and waited for half a minute. */
  private static final Duration LONGEST = Duration.ofSeconds(35);

  /** Of a process's start, as the kernel tells it. */
  private static final Duration PRECISION = Duration.ofSeconds(2);

  private final Path lock;
  private final Supplier<Instant> now;
  private final Predicate<Instant> heldSince;

  /**
   * For tests.
   *
   * @param heldSince whether somebody may have held it ever since that moment
   */
  RecordsLock(Path folder, Supplier<Instant> now, Predicate<Instant> heldSince) {
    this.lock = folder.resolve("lock.write");
    this.now = now;
    this.heldSince = heldSince;
  }

  static RecordsLock ofThisMachine() {
    return new RecordsLock(Path.of("/run/lock/iscsi"), Instant::now, RecordsLock::ranBefore);
  }

  /** Whoever holds it was there when it was taken; those who wait for it came later. */
  static boolean ranBefore(Instant taken) {
    return ProcessHandle.allProcesses()
        .filter(RecordsLock::isIscsiadm)
        .map(ProcessHandle::info)
        .anyMatch(
            process ->
                process
                    .startInstant()
                    .filter(start -> start.isAfter(taken.plus(PRECISION)))
                    .isEmpty());
  }

  /**
   * By its name, which everybody may read. Its executable is told to those only who have every
   * capability that it has (proc(5), exe), as an administrator's has and a confined daemon has not.
   */
  private static boolean isIscsiadm(ProcessHandle process) {
    try {
      Path name = Path.of("/proc", Long.toString(process.pid()), "comm");
      return Files.readString(name, StandardCharsets.ISO_8859_1).strip().equals("iscsiadm");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  /** Takes the lock away when nobody can be holding it. */
  synchronized void removeAbandoned() {
    try {
      Instant taken = ((FileTime) Files.getAttribute(lock, "unix:ctime")).toInstant();
      if (taken.plus(LONGEST).isBefore(now.get()) && !heldSince.test(taken)) {
        Files.delete(lock);
        LOG.warn("removed '{}', which an iscsiadm that was killed at {} had left", lock, taken);
      }
    } catch (NoSuchFileException e) {
      return; // nobody has it
    } catch (IOException e) {
      LOG.warn("cannot see whether '{}' is held: {}", lock, e.toString());
    }
  }
}
