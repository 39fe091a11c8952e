package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.DeviceClaims.Claim;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of {@link OpenIscsiTargetConnector#disconnect}. All that can refuse is asked before the
 * first change: whether it is the right disk, and whether anybody uses it.
 *
 * <p>A session without connection is not flushed, because that would wait for the target. Nothing
 * is lost by that: whoever closed the disk last has written out its cache (block/bdev.c,
 * blkdev_put), and nobody has it open. For the same reason a flush that fails is no obstacle.
 *
 * <p>The logout removes the disk. To delete it before would save nothing of what is still to be
 * written: either way the kernel takes the disk offline first (scsi_sysfs.c, __scsi_remove_device).
 *
 * <p>Not thread-safe; used once.
 */
final class Disconnect {
  private static final Logger LOG = LoggerFactory.getLogger(Disconnect.class);

  /**
   * The kernel itself claims a disk for a moment, to look for partitions, and so does multipathd
   * while it makes or reloads a device; seen to take more than a second, without a holder's name.
   */
  static final Duration PASSING_CLAIM = Duration.ofSeconds(5);

  /**
   * Programs look into disks for a moment, such as multipath(8), which udev runs for each, and
   * whatever watches this machine. Who is still there after this time uses the disk.
   */
  private static final Duration PASSING_LOOK = Duration.ofSeconds(2);

  /**
   * Whoever only looks into disks, whenever one appears or was written to. It is no use of a disk;
   * and when the target is lost, udev keeps the disk open until its read fails, two minutes later.
   */
  private static final List<String> ONLOOKERS =
      List.of("(udev-worker) (pid ", "systemd-udevd (pid ");

  private final Machine machine;
  private final Sysfs sysfs;
  private final DeviceLinks links;
  private final TargetName target;
  private final VolumeId id;
  private final Attempt attempt;

  Disconnect(
      Machine machine, DeviceLinks links, TargetName target, VolumeId id, Deadline deadline) {
    this.machine = machine;
    this.sysfs = machine.sysfs();
    this.links = links;
    this.target = target;
    this.id = id;
    this.attempt =
        Attempt.of("cannot disconnect volume '" + id + "' from '" + target + "'", deadline);
  }

  void run() {
    attempt.requireTime();
    List<Connected> disks = disks();
    disks.forEach(this::requireSame);
    disks.forEach(this::requireUnused);
    Map<Connected, Claim> claims = new LinkedHashMap<>();
    try {
      reachable(disks).forEach(disk -> claims.put(disk, claim(disk)));
      claims.values().removeIf(Claim.NONE::equals);
      // Again, because a name or a number may have become another disk's before it was held.
      claims.keySet().forEach(this::requireSame);
      claims.forEach(this::flush);
      // First the link: the name it leads to may be another disk's as soon as this one is gone.
      links.remove(id.toString(), attempt);
      new Departure(machine, target).run(attempt.afterChange());
    } finally {
      claims.values().forEach(Disconnect::close);
    }
  }

  private List<Connected> disks() {
    return sysfs.sessions(target).stream()
        .flatMap(session -> sysfs.disks(session).stream().map(disk -> new Connected(session, disk)))
        .toList();
  }

  private List<Connected> reachable(List<Connected> disks) {
    return disks.stream().filter(disk -> sysfs.loggedIn(disk.session())).toList();
  }

  /** Other LUNs are not vmstore's; they only must not be in use. */
  private void requireSame(Connected connected) {
    String serial = sysfs.serial(connected.disk()).orElse("");
    if (connected.disk().isLun0()
        && !serial.equals(id.toString())
        && sysfs.present(connected.disk())) {
      throw machine
          .wrongDisk(connected.disk(), serial, attempt)
          .correction(
              "find out who uses it; 'iscsiadm -m node -T " + target + " --logout' removes it")
          .build();
    }
  }

  private void requireUnused(Connected connected) {
    Path node = machine.node(connected.disk());
    requireUnused(node, () -> users(node), attempt);
  }

  /**
   * Refuses to go on while a device has users.
   *
   * @param users tells who uses it now
   * @throws VmStoreException FAILED_PRECONDITION; CANCELLED
   */
  static void requireUnused(Path node, Supplier<List<String>> users, Attempt attempt) {
    Attempt passing = attempt.until(attempt.deadline().atMost(PASSING_LOOK));
    if (passing.reaches(() -> users.get().isEmpty())) {
      return;
    }
    List<String> found = users.get();
    if (!found.isEmpty()) {
      throw inUse(node, found, attempt);
    }
  }

  private List<String> users(Path node) {
    return machine.holders().apply(DevicePath.of(node)).stream()
        .filter(holder -> !onlooker(holder))
        .toList();
  }

  /** Whether a holder is none that keeps a disk in use. */
  static boolean onlooker(String holder) {
    return ONLOOKERS.stream().anyMatch(holder::startsWith);
  }

  /** The failure that somebody uses a device, who may not be known. */
  static VmStoreException inUse(Path node, List<String> holders, Attempt attempt) {
    String holder = holders.isEmpty() ? "unknown" : String.join(", ", holders);
    return attempt
        .failure(ErrorCode.FAILED_PRECONDITION)
        .reason("'" + node + "' is in use: " + holder)
        .correction("stop the virtual machine, or unmount what is on the device; then repeat")
        .detail("holder", holder)
        .build();
  }

  private Claim claim(Connected connected) {
    Path node = machine.node(connected.disk());
    return attempt
        .until(attempt.deadline().atMost(PASSING_CLAIM))
        .await(() -> claimNow(connected))
        .orElseThrow(() -> inUse(node, users(node), attempt));
  }

  private Optional<Claim> claimNow(Connected connected) {
    Path node = machine.node(connected.disk());
    try {
      return KernelCall.start("open '" + node + "'", () -> machine.claims().claim(node))
          .await(
              attempt,
              () -> sysfs.loggedIn(connected.session()),
              late -> late.ifPresent(Disconnect::close));
    } catch (IOException e) {
      LOG.warn("'{}' of volume {} cannot be opened for a last flush", node, id, e);
      return Optional.of(Claim.NONE);
    }
  }

  private void flush(Connected connected, Claim claim) {
    Path node = machine.node(connected.disk());
    try {
      KernelCall.start("flush '" + node + "'", claim::flush)
          .await(attempt, () -> sysfs.loggedIn(connected.session()));
    } catch (IOException e) {
      LOG.warn("'{}' of volume {} cannot be flushed", node, id, e);
    }
  }

  static void close(Claim claim) {
    try {
      claim.close();
    } catch (IOException e) {
      LOG.warn("a device that was flushed cannot be closed", e);
    }
  }
}
