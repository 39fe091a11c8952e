package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandResult;
import io.vmstore.iscsi.OpenIscsiVolumeConfig.Multipathing;
import io.vmstore.iscsi.Sysfs.Disk;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * dm-multipath: what the kernel has is read from sysfs, and multipathd is told what to do
 * (multipathd(8), "COMMANDS"). Seen with multipath-tools 0.9.4:
 *
 * <ul>
 *   <li>A disk is joined only when its name is in the wwids file, for one path and by default
 *       ({@code find_multipaths strict}) for several, so it is put there first ({@code multipath
 *       -a}). It stays there: {@code multipath -w} only comments the line out, and the next {@code
 *       -a} adds another one.
 *   <li>{@code add path} fails until udev has seen the disk, and multipathd then adds it by itself;
 *       a disk that udev saw before its name was in the file needs the command. So asking once is
 *       enough, and asking again is safe.
 *   <li>A device without a path stays, and queues for ever what is written to it, unless it is told
 *       otherwise.
 *   <li>A device is resized only when all its paths have the new size.
 * </ul>
 */
final class Multipath {
  private static final Logger LOG = LoggerFactory.getLogger(Multipath.class);

  /** What libmultipath begins the uuid of its devices with; the disk's name follows. */
  private static final String PREFIX = "mpath-";

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);

  /** udev opens a device for a moment to look into it. */
  private static final Duration PASSING_OPENER = Duration.ofSeconds(5);

  /**
   * A multipath device.
   *
   * @param device the kernel's name, such as {@code dm-3}
   * @param name the name below {@code /dev/mapper}
   * @param wwn the disk that multipath says it is
   */
  record Joined(String device, String name, String wwn) {}

  private final Programs programs;
  private final Sysfs sysfs;

  Multipath(Programs programs, Sysfs sysfs) {
    this.programs = programs;
    this.sysfs = sysfs;
  }

  /**
   * Whether paths can be joined here.
   *
   * @param enforced whether it is asked for, whatever the machine's setting is
   * @throws VmStoreException FAILED_PRECONDITION: they cannot, and have to be
   */
  boolean usable(Multipathing setting, boolean enforced, Attempt attempt) {
    boolean usable = setting != Multipathing.NO && running(attempt);
    if (!usable && (enforced || setting == Multipathing.ENFORCED)) {
      throw attempt
          .failure(ErrorCode.FAILED_PRECONDITION)
          .reason(
              setting == Multipathing.NO
                  ? "multipath is asked for, and this machine is set up without"
                  : "multipath is enforced and multipathd does not run")
          .correction("run 'systemctl start multipathd', or do not enforce multipath")
          .build();
    }
    return usable;
  }

  /** Whether multipathd runs; it does not where it is not installed. */
  private boolean running(Attempt attempt) {
    try {
      return programs.run(attempt, "multipathd", "show", "status").succeeded();
    } catch (VmStoreException e) {
      if (e.code() == ErrorCode.UNAVAILABLE) {
        return false;
      }
      throw e;
    }
  }

  /** The multipath device on top of a disk. */
  Optional<Joined> over(Disk disk) {
    return sysfs.holders(disk).stream().flatMap(holder -> joined(holder).stream()).findFirst();
  }

  /** The multipath device of a disk of that name, which may have no path any more. */
  Optional<Joined> of(String wwn) {
    return sysfs.mapped().stream()
        .flatMap(device -> joined(device).stream())
        .filter(joined -> joined.wwn().equals(wwn))
        .findFirst();
  }

  private Optional<Joined> joined(String device) {
    return sysfs
        .mapped(device, "uuid")
        .filter(uuid -> uuid.startsWith(PREFIX))
        .flatMap(
            uuid ->
                sysfs
                    .mapped(device, "name")
                    .map(name -> new Joined(device, name, uuid.substring(PREFIX.length()))));
  }

  /** Whether the device is still the one that was found, and its number not given away again. */
  private boolean stands(Joined joined) {
    return joined(joined.device()).filter(joined::equals).isPresent();
  }

  /** The names of the disks it leads to. */
  List<String> paths(Joined joined) {
    return sysfs.slaves(joined.device());
  }

  /**
   * Checks which disks paths of a device lead to.
   *
   * @param paths those to check
   * @throws VmStoreException FAILED_PRECONDITION: one shows none of the disks
   */
  void requireNothingForeign(Joined joined, Set<String> wwns, List<String> paths, Attempt attempt) {
    List<String> foreign =
        paths.stream().filter(path -> sysfs.wwnOf(path).filter(wwns::contains).isEmpty()).toList();
    if (!foreign.isEmpty()) {
      throw attempt
          .failure(ErrorCode.FAILED_PRECONDITION)
          .reason(
              "the multipath device '"
                  + joined.name()
                  + "' has a path that leads to another disk: "
                  + foreign)
          .correction("see 'multipath -ll' and 'cat /sys/block/sd*/device/wwid'")
          .build();
    }
  }

  /**
   * Returns the one device over all the disks, which is made, or to which they are added.
   *
   * @throws VmStoreException DEADLINE_EXCEEDED; FAILED_PRECONDITION: they are in different devices,
   *     or in one with a path to another disk
   */
  Joined join(Collection<Disk> disks, String wwn, Attempt attempt) {
    if (overAll(disks, attempt).isEmpty()) {
      programs.require(attempt, "multipath", "-a", wwn);
    }
    Offers offers = new Offers(disks, attempt);
    Joined joined =
        attempt
            .await(() -> overAll(disks, attempt).or(offers::make))
            .orElseThrow(() -> offers.failure(wwn));
    requireNothingForeign(joined, Set.of(wwn), paths(joined), attempt);
    return joined;
  }

  private Optional<Joined> overAll(Collection<Disk> disks, Attempt attempt) {
    Set<Joined> found = new LinkedHashSet<>();
    for (Disk disk : disks) {
      Optional<Joined> joined = over(disk);
      if (joined.isEmpty()) {
        return joined;
      }
      joined.ifPresent(found::add);
    }
    if (found.size() > 1) {
      throw attempt
          .failure(ErrorCode.FAILED_PRECONDITION)
          .reason("the paths are in different multipath devices: " + found)
          .correction("see 'multipath -ll'")
          .build();
    }
    return found.stream().findFirst();
  }

  /** Asks multipathd for the disks that are not in a device yet, now and then. */
  private final class Offers {
    private final Collection<Disk> disks;
    private final Attempt attempt;
    private Deadline next;
    private Duration pause = FIRST_PAUSE;
    private String answer = "";

    Offers(Collection<Disk> disks, Attempt attempt) {
      this.disks = disks;
      this.attempt = attempt;
      this.next = attempt.deadline().atMost(Duration.ZERO);
    }

    Optional<Joined> make() {
      if (next.passed()) {
        disks.stream().filter(disk -> over(disk).isEmpty()).forEach(this::offer);
        next = attempt.deadline().atMost(pause);
        pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
      }
      return Optional.empty();
    }

    private void offer(Disk disk) {
      if (attempt.deadline().passed()) {
        return;
      }
      CommandResult result = programs.run(attempt, "multipathd", "add", "path", disk.name());
      answer = "; 'multipathd add path' ended with " + result.exitCode() + Programs.said(result);
    }

    VmStoreException failure(String wwn) {
      List<String> missing =
          disks.stream().filter(disk -> over(disk).isEmpty()).map(Disk::name).toList();
      return attempt
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason("multipathd has not joined " + missing + " of disk '" + wwn + "'" + answer)
          .correction(
              "see 'multipathd show paths' and 'journalctl -u multipathd'; a blacklist in"
                  + " multipath.conf keeps disks out")
          .build();
    }
  }

  /** Takes one path out of its device, which keeps the others. */
  void takeOut(Disk disk, Attempt attempt) {
    CommandResult result = programs.run(attempt, "multipathd", "del", "path", disk.name());
    if (!attempt
        .until(attempt.deadline().atMost(PASSING_OPENER))
        .reaches(() -> over(disk).isEmpty())) {
      LOG.warn("'{}' is still in a multipath device{}", disk.name(), Programs.said(result));
    }
  }

  /** From now on, what cannot be written fails at once instead of waiting for a path. */
  void failWithoutPath(Joined joined, Attempt attempt) {
    if (!programs.run(attempt, "multipathd", "disablequeueing", "map", joined.name()).succeeded()) {
      // multipathd does not run, or does not know it. dm-mpath(4), "fail_if_no_path".
      programs.run(attempt, "dmsetup", "message", joined.name(), "0", "fail_if_no_path");
    }
  }

  /** Removes a device that nobody has open; returns whether it is gone. */
  boolean remove(Joined joined, Attempt attempt) {
    Attempt passing = attempt.until(attempt.deadline().atMost(PASSING_OPENER));
    return passing.reaches(
        () -> {
          if (stands(joined) && !passing.deadline().passed()) {
            tryToRemove(joined, attempt);
          }
          return !stands(joined);
        });
  }

  private void tryToRemove(Joined joined, Attempt attempt) {
    CommandResult result = programs.run(attempt, "multipathd", "remove", "map", joined.name());
    if (!result.succeeded() && stands(joined)) {
      result = programs.run(attempt, "dmsetup", "remove", joined.name());
    }
    LOG.debug("'{}' ended with {}{}", result.command(), result.exitCode(), Programs.said(result));
  }

  /** Gives it the size of its paths, which all have it. */
  void resize(Joined joined, ByteSize size, Attempt attempt) {
    if (sysfs.size(joined.device()).filter(size::equals).isEmpty()) {
      programs.require(attempt, "multipathd", "resize", "map", joined.name());
    }
  }
}
