package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.Sysfs.Disk;
import io.vmstore.iscsi.Sysfs.Session;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of {@link OpenIscsiTargetConnector#connect}. The link is made last, so whoever finds it
 * finds a disk whose identity was checked. Not thread-safe; used once.
 */
final class Connect {
  private static final Logger LOG = LoggerFactory.getLogger(Connect.class);

  /** What iscsid needs at most. */
  private static final Duration LONGEST_UNDO = Duration.ofSeconds(5);

  private static final Duration BETWEEN_SCANS = Duration.ofSeconds(1);

  private final Machine machine;
  private final Sysfs sysfs;
  private final DeviceLinks links;
  private final Target target;
  private final TargetName name;
  private final VolumeId id;
  private final Attempt undoing;
  private final Attempt attempt;
  private final Login login;
  private Deadline nextScan;

  Connect(
      Machine machine, DeviceLinks links, Duration loginTimeout, Wanted wanted, Deadline deadline) {
    this.machine = machine;
    this.sysfs = machine.sysfs();
    this.links = links;
    this.target = wanted.target();
    this.name = TargetName.of(target.iqn());
    this.id = wanted.id();
    this.undoing =
        Attempt.of("cannot connect volume '" + id + "' from '" + target.iqn() + "'", deadline);
    this.attempt = undoing.sparing(LONGEST_UNDO);
    this.login = new Login(machine, wanted, loginTimeout, attempt);
    this.nextScan = deadline.atMost(Duration.ZERO);
  }

  ConnectedDevice run() {
    undoing.requireTime();
    if (!sysfs.sessions(name).isEmpty()) {
      return handOver();
    }
    // A link that outlived its session may lead to the new disk before its identity is known.
    links.remove(id.toString(), attempt);
    boolean made = true;
    try {
      made = login.run();
      return handOver();
    } catch (RuntimeException e) {
      throw made ? undoing.undone(e, this::undo, login::underWay) : e;
    }
  }

  /** Waits for the disk, and lets it out only when it is the right one. */
  private ConnectedDevice handOver() {
    Connected connected = attempt.await(this::connected).orElseThrow(this::noDisk);
    Disk disk = connected.disk();
    String serial = sysfs.serial(disk).orElse("");
    if (!serial.equals(id.toString())) {
      throw machine
          .wrongDisk(disk, serial, attempt)
          .correction("see on the NAS which volume the target exports")
          .build();
    }
    Path node = machine.node(disk);
    ByteSize size =
        attempt
            .await(() -> machine.usableSize(disk.block(), node, attempt))
            .orElseThrow(this::noDisk);
    links.point(id.toString(), node, attempt);
    return new ConnectedDevice(
        new Target(target.iqn(), portals(connected.session())),
        serial,
        DevicePath.of(node),
        DevicePath.of(links.of(id.toString())),
        size,
        true);
  }

  private void undo() {
    new Departure(machine, name).run(undoing);
  }

  private Optional<Connected> connected() {
    return sysfs.sessions(name).stream()
        .filter(sysfs::loggedIn)
        .flatMap(
            session ->
                sysfs
                    .disk(session)
                    .or(() -> scanned(session))
                    .map(disk -> new Connected(session, disk))
                    .stream())
        .findFirst();
  }

  /** A target that has just come up may show its LUN a moment after the login. */
  private Optional<Disk> scanned(Session session) {
    if (!nextScan.passed()) {
      return Optional.empty();
    }
    nextScan = attempt.deadline().atMost(BETWEEN_SCANS);
    try {
      KernelCall.start("scan " + session.name(), () -> sysfs.scan(session))
          .await(attempt, () -> sysfs.loggedIn(session));
    } catch (IOException e) {
      LOG.debug("{} could not be scanned", session.name(), e);
    }
    return sysfs.disk(session);
  }

  private List<Portal> portals(Session session) {
    List<Portal> portals = sysfs.portals(session);
    return portals.isEmpty() ? target.portals() : portals;
  }

  private VmStoreException noDisk() {
    List<Session> sessions = sysfs.sessions(name);
    List<String> states = sessions.stream().map(s -> s.name() + " " + sysfs.state(s)).toList();
    if (sessions.stream().noneMatch(sysfs::loggedIn)) {
      return attempt
          .failure(ErrorCode.UNAVAILABLE)
          .reason("its session has no connection to a portal: " + states)
          .correction("check the network to the NAS, and that it still exports the volume")
          .build();
    }
    return attempt
        .failure(ErrorCode.DEADLINE_EXCEEDED)
        .reason("the login succeeded and no usable disk has appeared at LUN 0: " + states)
        .correction("check on the NAS that the target has a LUN 0; see 'dmesg' on this machine")
        .build();
  }
}
