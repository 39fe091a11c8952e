package io.vmstore.iscsi;

import io.vmstore.exec.CommandRunner;
import io.vmstore.iscsi.Sysfs.Disk;
import io.vmstore.iscsi.Sysfs.Session;
import io.vmstore.managed.IscsiPath;
import io.vmstore.model.ByteSize;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the connector of volumes touches of the machine it runs on.
 *
 * @param base what it shares with the connector of vmstore's own exports
 * @param programs runs what may be ended at any time
 * @param multipath joins paths
 * @param locks one at a time makes and ends a target's sessions
 * @param lunPatience for how long a LUN that a target does not show is looked for
 */
record VolumeMachine(
    Machine base, Programs programs, Multipath multipath, TargetLocks locks, Duration lunPatience) {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeMachine.class);

  /** A target that has just come up may show its LUNs a moment after the login. */
  private static final Duration LUN_PATIENCE = Duration.ofSeconds(5);

  /**
   * A way to a disk that is there.
   *
   * @param path how it was asked for
   * @param session the session over the path's portal
   * @param disk the disk at its LUN
   */
  record Way(IscsiPath path, Session session, Disk disk) {}

  static VolumeMachine thisOne(CommandRunner runner, Path lockDirectory) {
    Machine base = Machine.thisOne(runner);
    Programs programs = new Programs(runner);
    return new VolumeMachine(
        base,
        programs,
        new Multipath(programs, base.sysfs()),
        new TargetLocks(lockDirectory),
        LUN_PATIENCE);
  }

  Sysfs sysfs() {
    return base.sysfs();
  }

  Path node(String device) {
    return base.nodes().resolve(device);
  }

  /** The disks that are at the paths now, whatever they are. */
  List<Way> ways(Collection<IscsiPath> paths) {
    List<Way> ways = new ArrayList<>();
    for (IscsiPath path : paths) {
      for (Session session : sysfs().sessions(path.target(), path.portal())) {
        sysfs().disk(session, path.lun()).ifPresent(disk -> ways.add(new Way(path, session, disk)));
      }
    }
    return distinct(ways);
  }

  /** A session may have been made over a portal that two of the paths name. */
  private static List<Way> distinct(List<Way> ways) {
    Map<Disk, Way> first = new LinkedHashMap<>();
    ways.forEach(way -> first.putIfAbsent(way.disk(), way));
    return List.copyOf(first.values());
  }

  boolean works(Way way) {
    return sysfs().loggedIn(way.session()) && sysfs().running(way.disk());
  }

  /** Has the kernel ask the disk anew who it is; one that does not answer stays as it was. */
  void refresh(Way way, Attempt attempt) {
    if (!works(way)) {
      return;
    }
    try {
      KernelCall.start("rescan '" + way.disk().name() + "'", () -> sysfs().rescan(way.disk()))
          .await(attempt, () -> sysfs().loggedIn(way.session()));
    } catch (IOException e) {
      LOG.debug("{} was not asked anew", way, e);
    }
  }

  /**
   * The size of a path's disk as soon as it can be opened; of that disk, whatever its name becomes.
   */
  Optional<ByteSize> usableSize(Way way, Attempt attempt) {
    return base.usableSize(way.disk().block(), node(way.disk().name()), attempt);
  }

  /** Has a block device refuse writes (blockdev(8), BLKROSET). */
  void forbidWrites(String device, Attempt attempt) {
    if (!sysfs().readOnly(device)) {
      programs.require(attempt, "blockdev", "--setro", node(device).toString());
    }
  }
}
