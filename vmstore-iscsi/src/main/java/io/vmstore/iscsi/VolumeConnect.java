package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.Multipath.Joined;
import io.vmstore.iscsi.TargetPaths.Logins;
import io.vmstore.iscsi.VolumeMachine.Way;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Deadline;
import io.vmstore.spi.VolumeConnector.Device;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of {@link OpenIscsiVolumeConnector#connect}. Nothing is handed over before the disk's
 * identity was checked on every path. Not thread-safe; used once.
 */
final class VolumeConnect {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeConnect.class);

  private static final Duration LONGEST_UNDO = Duration.ofSeconds(10);

  /** How long the kernel may take from finding a disk to its size; some disks come up read-only. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  /** The failure of the call is that of the path which failed worst: the earliest here. */
  private static final List<ErrorCode> WORST_FIRST =
      List.of(
          ErrorCode.PERMISSION_DENIED,
          ErrorCode.FAILED_PRECONDITION,
          ErrorCode.INTERNAL,
          ErrorCode.BUSY,
          ErrorCode.DEADLINE_EXCEEDED,
          ErrorCode.UNAVAILABLE,
          ErrorCode.NOT_FOUND);

  private final VolumeMachine machine;
  private final Sysfs sysfs;
  private final VolumeDevices devices;
  private final OpenIscsiVolumeConfig config;
  private final String name;
  private final IscsiConnection connection;
  private final @Nullable String wanted;
  private final Attempt undoing;
  private final Attempt attempt;
  private final Made made = new Made();
  private final Map<IscsiPath, VmStoreException> failures = new ConcurrentHashMap<>();

  VolumeConnect(
      VolumeDevices devices,
      OpenIscsiVolumeConfig config,
      IscsiConnection connection,
      @Nullable String wanted,
      Deadline deadline) {
    this.machine = devices.machine();
    this.sysfs = machine.sysfs();
    this.devices = devices;
    this.config = config;
    this.name = devices.name();
    this.connection = connection;
    this.wanted = wanted;
    this.undoing = Attempt.of("cannot connect volume '" + name + "'", deadline);
    this.attempt = undoing.sparing(LONGEST_UNDO);
  }

  Device run() {
    undoing.requireTime();
    boolean joins = joins(machine.ways(connection.paths()));
    try {
      return handOver(joins ? reachAll() : reachOne(), joins);
    } catch (RuntimeException e) {
      throw undoing.undone(e, this::undo, made::underWay);
    }
  }

  private void undo() {
    new VolumeDeparture(machine, undoing).undo(made);
  }

  /** Whether the paths become one device. A volume in use keeps the kind of device it has. */
  private boolean joins(List<Way> before) {
    boolean plain = before.stream().anyMatch(devices::linked);
    if (!plain) {
      devices.removeLink(undoing); // it may lead to the new disk before its identity is known
    }
    boolean usable =
        machine.multipath().usable(config.multipath(), connection.enforceMultipath(), attempt);
    return usable && !plain;
  }

  // Paths.

  private List<Way> reachAll() {
    Map<TargetName, List<IscsiPath>> byTarget =
        connection.paths().stream()
            .collect(
                Collectors.groupingBy(IscsiPath::target, LinkedHashMap::new, Collectors.toList()));
    Together.forEach(byTarget.values(), paths -> reach(paths, config.loginTimeout()));
    List<Way> ways = machine.ways(withoutFailure(connection.paths()));
    Together.forEach(ways, this::awaitUsable);
    return requireSome(ways.stream().filter(way -> !failures.containsKey(way.path())).toList());
  }

  /** The first that answers; one that is in use already before all others. */
  private List<Way> reachOne() {
    List<IscsiPath> present = machine.ways(connection.paths()).stream().map(Way::path).toList();
    List<IscsiPath> order = new ArrayList<>(connection.paths());
    order.sort(Comparator.comparing(path -> !present.contains(path)));
    int left = order.size();
    for (IscsiPath path : order) {
      // An equal share of what is left, so that a silent portal leaves time for the others.
      Duration share = attempt.deadline().remaining().dividedBy(left--);
      Duration timeout = config.loginTimeout();
      reach(List.of(path), share.compareTo(timeout) < 0 ? share : timeout);
      List<Way> ways = machine.ways(withoutFailure(List.of(path)));
      ways.forEach(this::awaitUsable);
      if (!ways.isEmpty() && !failures.containsKey(path)) {
        return ways;
      }
    }
    return requireSome(List.of());
  }

  private void reach(List<IscsiPath> paths, Duration loginTimeout) {
    ChapLogin chap = connection.chap();
    Logins logins = new Logins(chap == null ? null : new Credentials(chap), loginTimeout);
    failures.putAll(new TargetPaths(machine, paths, logins, made, attempt).run());
  }

  private List<IscsiPath> withoutFailure(Collection<IscsiPath> paths) {
    return paths.stream().filter(path -> !failures.containsKey(path)).toList();
  }

  private void awaitUsable(Way way) {
    Attempt settling = attempt.until(attempt.deadline().atMost(SETTLING));
    try {
      if (settling.await(() -> machine.usableSize(way, attempt)).isEmpty()) {
        throw notUsable(way);
      }
      if (connection.access() == AccessMode.READ_WRITE) {
        requireWritable(way, settling);
      }
    } catch (VmStoreException e) {
      if (e.code() == ErrorCode.CANCELLED) {
        throw e;
      }
      failures.put(way.path(), e);
    }
  }

  private VmStoreException notUsable(Way way) {
    return attempt
        .failure(ErrorCode.DEADLINE_EXCEEDED)
        .reason("the disk '" + way.disk().name() + "' has no size or no node")
        .correction("see 'dmesg' and 'journalctl -u systemd-udevd' on this machine")
        .build();
  }

  private void requireWritable(Way way, Attempt settling) {
    String device = way.disk().name();
    if (sysfs.readOnly(device)) {
      machine.refresh(way, settling);
    }
    if (sysfs.readOnly(device)) {
      throw attempt
          .failure(ErrorCode.FAILED_PRECONDITION)
          .reason("the disk '" + device + "' is read-only and 'rw' is asked for")
          .correction("see on the storage what access this machine has, and 'blockdev --report'")
          .build();
    }
  }

  private List<Way> requireSome(List<Way> ways) {
    if (!ways.isEmpty()) {
      failures.forEach((path, failure) -> LOG.warn("{}", pathFailure(path, failure)));
      return ways;
    }
    VmStoreException worst =
        failures.values().stream()
            .min(Comparator.comparingInt(failure -> rank(failure.code())))
            .orElseGet(this::vanished);
    List<String> reasons = new ArrayList<>();
    new TreeMap<>(byText()).forEach((path, reason) -> reasons.add(path + ": " + reason));
    throw attempt
        .failure(worst.code())
        .reason(reasons.isEmpty() ? worst.reason() : String.join("; ", reasons))
        .correction(worst.correction())
        .details(worst.details())
        .cause(worst)
        .build();
  }

  private static int rank(ErrorCode code) {
    int rank = WORST_FIRST.indexOf(code);
    return rank < 0 ? WORST_FIRST.size() : rank;
  }

  private Map<String, String> byText() {
    return failures.entrySet().stream()
        .collect(
            Collectors.toMap(
                entry -> text(entry.getKey()), entry -> entry.getValue().reason(), (a, b) -> a));
  }

  private String pathFailure(IscsiPath path, VmStoreException failure) {
    return "volume '" + name + "' is without its path " + text(path) + ": " + failure.reason();
  }

  private static String text(IscsiPath path) {
    return "'" + path.portal() + "' LUN " + path.lun();
  }

  private VmStoreException vanished() {
    return attempt
        .failure(ErrorCode.UNAVAILABLE)
        .reason("the disk or its session went away again")
        .correction("repeat the call")
        .build();
  }

  // The device.

  private Device handOver(List<Way> ways, boolean joins) {
    String wwn = prove(ways);
    if (connection.access() == AccessMode.READ_ONLY) {
      ways.forEach(way -> machine.forbidWrites(way.disk().name(), attempt));
    }
    if (joins) {
      Joined joined = machine.multipath().join(ways.stream().map(Way::disk).toList(), wwn, attempt);
      return handOver(joined, wwn);
    }
    Way way = ways.get(0);
    return machine
        .multipath()
        .over(way.disk())
        .map(joined -> handOver(joined, wwn)) // it was joined when multipathd ran
        .orElseGet(() -> devices.link(way, wwn, attempt));
  }

  private Device handOver(Joined joined, String wwn) {
    if (connection.access() == AccessMode.READ_ONLY) {
      machine.forbidWrites(joined.device(), attempt);
    }
    return devices.await(joined, wwn, attempt);
  }

  /** Returns the one name that all paths' disk has. */
  private String prove(List<Way> ways) {
    Map<String, String> names = new LinkedHashMap<>();
    ways.forEach(way -> names.put(way.disk().name(), sysfs.wwn(way.disk()).orElse("none")));
    List<String> distinct = names.values().stream().distinct().toList();
    String wwn = distinct.get(0);
    if (distinct.size() > 1) {
      throw wrongDisk("its paths lead to different disks: " + names, wwn);
    }
    if (wwn.equals("none")) {
      throw wrongDisk("the disk gives itself no name (VPD page 0x83)", wwn);
    }
    if (wanted != null && !wanted.equals(wwn)) {
      throw wrongDisk("the disk is '" + wwn + "' and not '" + wanted + "'", wwn);
    }
    String serial = connection.serial();
    for (Way way : ways) {
      String found = sysfs.serial(way.disk()).orElse("");
      if (serial != null && !serial.equals(found)) {
        throw wrongDisk(
            "the disk's serial number is '" + found + "' and not '" + serial + "'", wwn);
      }
    }
    return wwn;
  }

  private VmStoreException wrongDisk(String reason, String wwn) {
    return attempt
        .failure(ErrorCode.FAILED_PRECONDITION)
        .reason(reason)
        .correction("see on the storage which disk is at this LUN now")
        .detail("wwn", wwn)
        .build();
  }
}
