package io.vmstore.zfs;

import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits for the links that udev keeps in {@code /dev/zvol}: {@code zfs create} and {@code zfs
 * destroy} return before udev has made or removed them (openzfs issues 7875 and 8669).
 */
final class DeviceLinks {
  /** For what inotify does not tell: a folder made between two looks, or no watch to be had. */
  private static final Duration RECHECK = Duration.ofMillis(250);

  private DeviceLinks() {}

  /** {@return whether the device is there before the deadline} */
  static boolean awaitPresent(Path link, Deadline deadline) throws InterruptedException {
    return await(link, () -> Files.exists(link), deadline);
  }

  /**
   * {@return whether the link is gone before the deadline} While it stays it may lead to the device
   * of another volume, which took the number of the one that was destroyed.
   */
  static boolean awaitGone(Path link, Deadline deadline) throws InterruptedException {
    return await(link, () -> Files.notExists(link, LinkOption.NOFOLLOW_LINKS), deadline);
  }

  private static boolean await(Path link, BooleanSupplier reached, Deadline deadline)
      throws InterruptedException {
    while (!reached.getAsBoolean()) {
      if (deadline.passed()) {
        return false;
      }
      awaitChange(link, reached, deadline.atMost(RECHECK).remaining());
    }
    return true;
  }

  private static void awaitChange(Path link, BooleanSupplier reached, Duration longest)
      throws InterruptedException {
    Path folder = nearestFolder(link);
    try (WatchService watch = folder.getFileSystem().newWatchService()) {
      folder.register(
          watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
      // What happened before the watch was set is seen here.
      if (!reached.getAsBoolean() && folder.equals(nearestFolder(link))) {
        watch.poll(longest.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (IOException e) {
      // fs.inotify.max_user_instances is 128 by default, or the folder went: look again later.
      LockSupport.parkNanos(longest.dividedBy(10).toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  private static Path nearestFolder(Path link) {
    Path folder = link;
    do {
      folder = Objects.requireNonNull(folder.getParent(), "the root folder exists");
    } while (!Files.isDirectory(folder));
    return folder;
  }
}
