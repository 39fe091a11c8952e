package io.vmstore.zfs;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.ZvolName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets {@code volmode=dev} on new volumes, so that this machine does not look into the partitions
 * of a guest's disk: in the background and not before the volume is mapped, because nobody needs it
 * until the guest has made some, and with one program for all volumes that have waited long enough.
 *
 * <p>Not when a volume is created: ZFS makes its device before it reads that property, then removes
 * it and makes another, and udev's link comes, goes and comes again, or does not come, while the
 * volume is being exported. While the device is open ZFS leaves it alone, and heeds the property
 * when it next makes it. What does not come to pass here, because the process ends, is left to
 * whoever next sees the volume without the property.
 *
 * <p>Thread safety: thread-safe. It has a thread only while there is something to do.
 */
final class PartitionHiding implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionHiding.class);
  private static final Duration OPEN_PATIENCE = Duration.ofSeconds(10);
  private static final Duration PROGRAM_PATIENCE = Duration.ofSeconds(60);
  private static final int IDLE_SECONDS = 10;
  private static final int END_SECONDS = 2;

  /** An argument list is bounded, and so is the number of open files. */
  private static final int AT_ONCE = 100;

  private final ZfsPrograms programs;
  private final Duration pause;
  private final ScheduledThreadPoolExecutor background;
  private final Map<ZvolName, Waiting> waiting = new LinkedHashMap<>();
  private final Map<ZvolName, Path> inHand = new HashMap<>();
  private boolean scheduled;
  private boolean closed;

  private record Waiting(Path device, Deadline end) {}

  /**
   * Does nothing yet.
   *
   * @param pause how long a volume is left alone at least, and twice that at most
   */
  PartitionHiding(ZfsPrograms programs, Duration pause) {
    this.programs = programs;
    this.pause = pause;
    this.background = new ScheduledThreadPoolExecutor(1, PartitionHiding::thread);
    background.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    background.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "vmstore-zfs partitions");
    thread.setDaemon(true);
    return thread;
  }

  /** Has the partitions of a volume hidden, soon. */
  synchronized void later(ZvolName zvol, Path device) {
    if (!closed) {
      waiting.putIfAbsent(zvol, new Waiting(device, Deadline.after(pause)));
      schedule();
    }
  }

  /** Forgets a volume that is to be destroyed, and returns when its device is not open here. */
  synchronized void forget(ZvolName zvol, Deadline deadline) {
    waiting.remove(zvol);
    try {
      while (inHand.containsKey(zvol) && !deadline.passed()) {
        wait(Math.max(1, deadline.remaining().toMillis()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // what the caller does next notices it
    }
  }

  private void schedule() {
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      background.schedule(this::run, pause.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void run() {
    Map<ZvolName, Path> taken = take();
    Map<ZvolName, FileChannel> open = new LinkedHashMap<>();
    try {
      taken.forEach((zvol, device) -> open(zvol, device, open));
      if (!open.isEmpty()) {
        programs.hidePartitions(List.copyOf(open.keySet()), Deadline.after(PROGRAM_PATIENCE));
      }
    } catch (VmStoreException e) {
      LOG.warn(
          "this machine may look into the partitions of {} until they are mapped again",
          open.keySet(),
          e);
    } finally {
      open.values().forEach(PartitionHiding::close);
      ended();
    }
  }

  private synchronized Map<ZvolName, Path> take() {
    waiting.entrySet().stream()
        .filter(entry -> entry.getValue().end().passed())
        .limit(AT_ONCE)
        .forEach(entry -> inHand.put(entry.getKey(), entry.getValue().device()));
    waiting.keySet().removeAll(inHand.keySet());
    return Map.copyOf(inHand);
  }

  private synchronized void ended() {
    inHand.clear();
    notifyAll();
    scheduled = false;
    if (!closed) {
      schedule();
    }
  }

  private static void open(ZvolName zvol, Path device, Map<ZvolName, FileChannel> open) {
    try {
      open.put(zvol, DeviceLinks.open(device, Deadline.after(OPEN_PATIENCE)));
    } catch (IOException e) {
      LOG.warn(
          "this machine may look into the partitions of zvol '{}' until it is mapped again: {}",
          zvol,
          e.toString());
    }
  }

  private static void close(FileChannel device) {
    try {
      device.close();
    } catch (IOException e) {
      LOG.warn("a device that was held open cannot be closed", e);
    }
  }

  /** Ends a program that is running; what it did not come to is done when the volume is seen. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      waiting.clear();
    }
    background.shutdownNow();
    try {
      background.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
