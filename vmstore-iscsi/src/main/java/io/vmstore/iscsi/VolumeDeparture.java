package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.Multipath.Joined;
import io.vmstore.iscsi.Sysfs.Disk;
import io.vmstore.iscsi.Sysfs.Session;
import io.vmstore.iscsi.VolumeMachine.Way;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Portal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes disks out of their multipath device and out of the kernel, and ends the sessions that
 * nobody else uses. What is gone already is no failure. Nothing is flushed and nobody is asked.
 */
final class VolumeDeparture {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeDeparture.class);

  private final VolumeMachine machine;
  private final Sysfs sysfs;
  private final Attempt attempt;

  VolumeDeparture(VolumeMachine machine, Attempt attempt) {
    this.machine = machine;
    this.sysfs = machine.sysfs();
    this.attempt = attempt;
  }

  /** Takes back what a call of connect has made. */
  void undo(Made made) {
    List<Way> ways = machine.ways(made.disks());
    Set<String> wwns =
        ways.stream()
            .flatMap(way -> sysfs.wwn(way.disk()).stream())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    unjoin(ways);
    leave(ways, made.logins());
    wwns.forEach(this::removeEmpty);
  }

  /**
   * Removes the multipath device of the disks, or takes them out of it when it has other paths.
   *
   * @throws VmStoreException FAILED_PRECONDITION: somebody has opened it meanwhile
   */
  void unjoin(Collection<Way> ways) {
    Set<Joined> all = new LinkedHashSet<>();
    ways.forEach(way -> machine.multipath().over(way.disk()).ifPresent(all::add));
    for (Joined joined : all) {
      List<Disk> leaving =
          ways.stream()
              .map(Way::disk)
              .filter(disk -> machine.multipath().over(disk).filter(joined::equals).isPresent())
              .toList();
      Set<String> names = leaving.stream().map(Disk::name).collect(Collectors.toSet());
      if (names.containsAll(machine.multipath().paths(joined))) {
        remove(joined);
      } else {
        leaving.forEach(disk -> machine.multipath().takeOut(disk, attempt));
      }
    }
  }

  /**
   * Removes the multipath device of a disk when it has no path: all were lost, or multipathd made
   * it anew while they were leaving.
   */
  void removeEmpty(String wwn) {
    machine
        .multipath()
        .of(wwn)
        .filter(joined -> machine.multipath().paths(joined).isEmpty())
        .ifPresent(this::remove);
  }

  private void remove(Joined joined) {
    if (!machine.multipath().remove(joined, attempt)) {
      throw attempt
          .failure(ErrorCode.FAILED_PRECONDITION)
          .reason("the multipath device '" + joined.name() + "' is in use")
          .correction("see 'lsblk' and 'dmsetup info " + joined.name() + "', then repeat the call")
          .build();
    }
  }

  /**
   * Removes the disks, and ends the sessions over the portals of the paths unless there is
   * something else at one of their LUNs.
   */
  void leave(Collection<Way> ways, Collection<IscsiPath> paths) {
    Set<TargetName> targets = new LinkedHashSet<>();
    paths.forEach(path -> targets.add(path.target()));
    ways.forEach(way -> targets.add(way.path().target()));
    for (TargetName target : targets) {
      TargetLocks.Held held = machine.locks().take(target, attempt);
      try {
        Set<Portal> portals =
            paths.stream()
                .filter(path -> path.target().equals(target))
                .map(IscsiPath::portal)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        leave(
            target,
            portals,
            ways.stream().filter(way -> way.path().target().equals(target)).toList());
      } finally {
        held.close();
      }
    }
  }

  private void leave(TargetName target, Set<Portal> portals, Collection<Way> ways) {
    Together.forEach(ways, this::delete);
    Set<Path> leaving =
        ways.stream().map(way -> way.disk().directory()).collect(Collectors.toSet());
    Together.forEach(portals, portal -> leave(target, portal, leaving));
    machine.base().records().sweep(target, attempt.afterChange());
  }

  private void leave(TargetName target, Portal portal, Set<Path> leaving) {
    List<Session> sessions = sysfs.sessions(target, portal);
    if (sessions.stream().anyMatch(session -> !leaving.containsAll(sysfs.devices(session)))) {
      return; // another LUN of it is in use
    }
    if (!sessions.isEmpty()) {
      machine.base().iscsiadm().logout(target, portal, attempt.afterChange());
      requireGone(target, portal, attempt.afterChange());
    }
    // Asked even when nothing is there to see: the place of the database depends on the
    // distribution.
    machine.base().iscsiadm().forget(target, portal, attempt.afterChange());
  }

  private void requireGone(TargetName target, Portal portal, Attempt after) {
    if (!after.reaches(() -> sysfs.sessions(target, portal).isEmpty())) {
      throw after
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason("the session over '" + portal + "' is still there after the logout")
          .correction("see 'iscsiadm -m session -P 1' and 'journalctl -u iscsid'")
          .build();
    }
  }

  /**
   * Where nothing answers, the kernel would keep its last commands back; then the logout, which
   * takes the disk along, is quicker. A session that others use stays, so it has to be waited for.
   */
  private void delete(Way way) {
    boolean shared =
        sysfs.devices(way.session()).stream()
            .anyMatch(device -> !device.equals(way.disk().directory()));
    if (!shared && !machine.works(way)) {
      return;
    }
    try {
      KernelCall.start("delete '" + way.disk().name() + "'", () -> sysfs.delete(way.disk()))
          .await(attempt.afterChange(), () -> shared || sysfs.loggedIn(way.session()));
    } catch (IOException e) {
      LOG.debug("{} could not be deleted", way, e);
    }
  }
}
