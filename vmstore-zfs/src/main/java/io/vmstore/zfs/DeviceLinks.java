package io.vmstore.zfs;

import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the links that udev keeps in {@code /dev/zvol}: {@code zfs create} and {@code zfs
 * destroy} return before udev has made or removed them (openzfs issues 7875 and 8669).
 *
 * <p>Some never come by themselves. While another {@code zfs create} holds the lock of all pools,
 * opening a device fails with ERESTARTSYS (zvol_os.c), an errno udev does not know; udev then
 * ignores the device until somebody tells it to look again.
 *
 * <p>Thread safety: thread-safe.
 */
final class DeviceLinks {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceLinks.class);

  /** For what inotify does not tell: a folder made between two looks, or no watch to be had. */
  private static final Duration RECHECK = Duration.ofMillis(250);

  private static final Duration OPEN_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PROGRAM = Duration.ofSeconds(10);
  private static final int LONGEST_QUOTE = 1_000;

  private final Path root;
  private final CommandRunner runner;
  private final Duration undisturbed;
  private Deadline quiet = Deadline.after(Duration.ZERO);

  /**
   * Waits for links below the given folder.
   *
   * @param root {@code /dev/zvol}, beside which are the devices themselves
   * @param undisturbed how long udev is left alone before it is told to look again, and each time
   *     after that
   */
  DeviceLinks(Path root, CommandRunner runner, Duration undisturbed) {
    this.root = root;
    this.runner = runner;
    this.undisturbed = undisturbed;
  }

  /** {@return whether the device is there before the deadline} */
  boolean awaitPresent(Path link, Deadline deadline) throws InterruptedException {
    while (!await(link, () -> Files.exists(link), deadline.atMost(undisturbed))) {
      if (deadline.passed()) {
        return false;
      }
      if (endQuiet()) {
        lookAgain(deadline.atMost(LONGEST_PROGRAM));
      }
    }
    return true;
  }

  /**
   * Opens a device for reading, trying again: see ERESTARTSYS above.
   *
   * @throws IOException what the last attempt met, at the deadline
   */
  static FileChannel open(Path device, Deadline deadline) throws IOException {
    while (true) {
      try {
        return FileChannel.open(device);
      } catch (IOException e) {
        if (deadline.passed() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos(deadline.atMost(OPEN_PAUSE).remaining().toNanos());
      }
    }
  }

  /** One of all who wait does it for all: udev is slow already. */
  private synchronized boolean endQuiet() {
    boolean over = quiet.passed();
    if (over) {
      quiet = Deadline.after(undisturbed);
    }
    return over;
  }

  /** Has udev look at the devices without a link; that this fails is no reason not to wait. */
  private void lookAgain(Deadline deadline) {
    try {
      List<String> arguments = new ArrayList<>(List.of("udevadm", "trigger", "--action=change"));
      List<String> devices = devicesWithoutLink();
      arguments.addAll(devices);
      if (!devices.isEmpty()) {
        LOG.info("udev has made no links for {}: asking it to look again", devices);
        CommandResult result = runner.run(new Command(arguments), deadline);
        if (!result.succeeded()) {
          LOG.warn("'{}' ended with {}: {}", result.command(), result.exitCode(), said(result));
        }
      }
    } catch (IOException | DirectoryIteratorException | VmStoreException e) {
      LOG.warn("cannot ask udev to look again for links in '{}'", root, e);
    }
  }

  /** Which of them is the one waited for cannot be told without opening it. */
  private List<String> devicesWithoutLink() throws IOException {
    Set<Path> linked = linkedDevices();
    List<String> others = new ArrayList<>();
    Path folder = Objects.requireNonNull(root.getParent(), "the devices' folder");
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(folder, "zd*")) {
      devices.forEach(
          device -> {
            if (!linked.contains(device)) {
              others.add(device.toString());
            }
          });
    }
    others.sort(null);
    return others;
  }

  private Set<Path> linkedDevices() throws IOException {
    Set<Path> devices = new HashSet<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            target(file).ifPresent(devices::add);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // udev renames links into place, and makes the root
          }
        });
    return devices;
  }

  private static Optional<Path> target(Path link) {
    try {
      return Optional.of(link.resolveSibling(Files.readSymbolicLink(link)).normalize());
    } catch (IOException e) {
      return Optional.empty();
    }
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

  private static String said(CommandResult result) {
    return Printable.of(result.errors().strip(), LONGEST_QUOTE);
  }
}
