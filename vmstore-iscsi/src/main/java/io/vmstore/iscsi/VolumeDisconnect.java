package io.vmstore.iscsi;

import io.vmstore.iscsi.DeviceClaims.Claim;
import io.vmstore.iscsi.Multipath.Joined;
import io.vmstore.iscsi.VolumeMachine.Way;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of {@link OpenIscsiVolumeConnector#disconnect}. All that can refuse is asked before the
 * first change.
 *
 * <p>A device without a path that works is not flushed, because that would wait for the target, and
 * a multipath device that queues, for ever. Nothing is lost by that: whoever closed it last has
 * written out its cache (block/bdev.c, blkdev_put), and nobody has it open.
 *
 * <p>Not thread-safe; used once.
 */
final class VolumeDisconnect {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeDisconnect.class);

  /** multipathd keeps every path open for its checks. */
  private static final String CHECKER = "multipathd (pid ";

  private final VolumeMachine machine;
  private final Sysfs sysfs;
  private final VolumeDevices devices;
  private final IscsiConnection connection;
  private final @Nullable String wwn;
  private final Attempt attempt;

  VolumeDisconnect(
      VolumeDevices devices, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    this.machine = devices.machine();
    this.sysfs = machine.sysfs();
    this.devices = devices;
    this.connection = connection;
    this.wwn = wwn;
    this.attempt = Attempt.of("cannot disconnect volume '" + devices.name() + "'", deadline);
  }

  void run() {
    attempt.requireTime();
    List<Way> ways = ours();
    Set<Joined> joined = joined(ways);
    joined.forEach(each -> requireNothingForeign(each, ways));
    joined.forEach(each -> requireUnused(machine.node(each.device()), List.of()));
    ways.forEach(way -> requireUnused(machine.node(way.disk().name()), joined));
    flush(ways, joined);
    // First the link: the name it leads to may be another disk's as soon as this one is gone.
    devices.removeLink(attempt);
    VolumeDeparture departure = new VolumeDeparture(machine, attempt.afterChange());
    Set<String> wwns = wwns(ways);
    departure.unjoin(ways);
    departure.leave(ways, connection.paths());
    wwns.forEach(departure::removeEmpty);
  }

  /** The disks at the paths, but for those that are not the volume's. */
  private List<Way> ours() {
    List<Way> all = machine.ways(connection.paths());
    Together.forEach(all, way -> machine.refresh(way, attempt));
    return all.stream()
        .filter(way -> wwn == null || sysfs.wwn(way.disk()).filter(wwn::equals).isPresent())
        .toList();
  }

  private Set<String> wwns(List<Way> ways) {
    Set<String> wwns = new LinkedHashSet<>();
    ways.forEach(way -> sysfs.wwn(way.disk()).ifPresent(wwns::add));
    if (wwn != null) {
      wwns.add(wwn);
    }
    return wwns;
  }

  /** The multipath devices over the disks, and the one that has lost all of its paths. */
  private Set<Joined> joined(List<Way> ways) {
    Set<Joined> joined = new LinkedHashSet<>();
    ways.forEach(way -> machine.multipath().over(way.disk()).ifPresent(joined::add));
    wwns(ways).stream()
        .flatMap(each -> machine.multipath().of(each).stream())
        .filter(each -> machine.multipath().paths(each).isEmpty())
        .forEach(joined::add);
    return joined;
  }

  private void requireNothingForeign(Joined joined, List<Way> ways) {
    machine
        .multipath()
        .requireNothingForeign(joined, wwns(ways), otherPaths(joined, ways), attempt);
  }

  private List<String> otherPaths(Joined joined, List<Way> ways) {
    List<String> names = ways.stream().map(way -> way.disk().name()).toList();
    return machine.multipath().paths(joined).stream()
        .filter(path -> !names.contains(path))
        .toList();
  }

  // Who uses it.

  private void requireUnused(Path node, Collection<Joined> stacked) {
    Disconnect.requireUnused(node, () -> users(node, stacked), attempt);
  }

  private List<String> users(Path node, Collection<Joined> stacked) {
    Set<String> own =
        stacked.stream().map(each -> "held by " + each.device()).collect(Collectors.toSet());
    return machine.base().holders().apply(DevicePath.of(node)).stream()
        .filter(holder -> !Disconnect.onlooker(holder))
        .filter(holder -> stacked.isEmpty() || !holder.startsWith(CHECKER))
        .filter(holder -> !own.contains(holder))
        .toList();
  }

  // Writing out.

  private void flush(List<Way> ways, Set<Joined> joined) {
    for (Joined each : joined) {
      if (otherPaths(each, ways).isEmpty()) {
        flush(each, ways);
      }
    }
    for (Way way : ways) {
      if (machine.multipath().over(way.disk()).isEmpty() && machine.works(way)) {
        flush(machine.node(way.disk().name()), List.of(way));
      }
    }
  }

  private void flush(Joined joined, List<Way> ways) {
    if (ways.stream().anyMatch(machine::works) && flush(machine.node(joined.device()), ways)) {
      return;
    }
    machine.multipath().failWithoutPath(joined, attempt);
  }

  /** Returns false when it was given up, because no path is left. */
  private boolean flush(Path node, List<Way> ways) {
    Claim claim = claim(node, ways);
    try {
      KernelCall.start("flush '" + node + "'", claim::flush).await(attempt, () -> hope(ways));
      return true;
    } catch (IOException e) {
      LOG.warn("'{}' of volume '{}' cannot be flushed", node, devices.name(), e);
      return hope(ways);
    } finally {
      Disconnect.close(claim);
    }
  }

  private boolean hope(List<Way> ways) {
    return ways.stream().anyMatch(way -> sysfs.loggedIn(way.session()));
  }

  private Claim claim(Path node, List<Way> ways) {
    return attempt
        .until(attempt.deadline().atMost(Disconnect.PASSING_CLAIM))
        .await(() -> claimNow(node, ways))
        .orElseThrow(() -> Disconnect.inUse(node, users(node, List.of()), attempt));
  }

  private Optional<Claim> claimNow(Path node, List<Way> ways) {
    try {
      return KernelCall.start("open '" + node + "'", () -> machine.base().claims().claim(node))
          .await(attempt, () -> hope(ways), late -> late.ifPresent(Disconnect::close));
    } catch (IOException e) {
      LOG.warn("'{}' of volume '{}' cannot be opened for a last flush", node, devices.name(), e);
      return Optional.of(Claim.NONE);
    }
  }
}
