package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.Sysfs.Session;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.VolumeId;
import java.io.IOException;
import java.util.List;

/**
 * One call of {@link OpenIscsiTargetConnector#extend}. The kernel reads a disk's size when it finds
 * the disk and when it is told to, never by itself. Not thread-safe; used once.
 */
final class Extend {
  private final Machine machine;
  private final Sysfs sysfs;
  private final TargetName target;
  private final VolumeId id;
  private final ByteSize size;
  private final Attempt attempt;

  Extend(Machine machine, TargetName target, VolumeId id, ByteSize size, Deadline deadline) {
    this.machine = machine;
    this.sysfs = machine.sysfs();
    this.target = target;
    this.id = id;
    this.size = size;
    this.attempt =
        Attempt.of("cannot see the size of volume '" + id + "' from '" + target + "'", deadline);
  }

  /** {@return the session whose disk has the size; so have those of all others} */
  Session run() {
    attempt.requireTime();
    List<Connected> disks =
        sysfs.sessions(target).stream()
            .flatMap(session -> sysfs.disk(session).map(d -> new Connected(session, d)).stream())
            .toList();
    if (disks.isEmpty()) {
      throw attempt
          .failure(ErrorCode.NOT_FOUND)
          .reason("it is not connected here")
          .correction("see 'vmstore lsdev'; after a reboot the node attaches its volumes again")
          .build();
    }
    disks.forEach(this::requireSame);
    disks.forEach(this::readSize);
    disks.forEach(this::requireSame); // what was read may have been another disk's
    return disks.get(0).session();
  }

  private void requireSame(Connected connected) {
    String serial = sysfs.serial(connected.disk()).orElse("");
    if (!serial.equals(id.toString())) {
      throw machine
          .wrongDisk(connected.disk(), serial, attempt)
          .correction("see on the NAS which volume the target exports")
          .build();
    }
  }

  /** The size is there when the write returns, and read all the same: it is what was asked for. */
  private void readSize(Connected connected) {
    if (hasSize(connected)) {
      return;
    }
    try {
      KernelCall.start("rescan '" + machine.node(connected.disk()) + "'", () -> rescan(connected))
          .await(attempt, () -> sysfs.loggedIn(connected.session()));
    } catch (IOException e) {
      throw unreachable(connected, e);
    }
    if (!attempt.reaches(() -> hasSize(connected))) {
      throw attempt
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason(
              "'"
                  + machine.node(connected.disk())
                  + "' has "
                  + sysfs.size(connected.disk()).map(ByteSize::toString).orElse("no size")
                  + ", and not "
                  + size)
          .correction("compare with the volume's size on the NAS; see 'dmesg' on this machine")
          .build();
    }
  }

  private void rescan(Connected connected) throws IOException {
    if (!sysfs.loggedIn(connected.session())) {
      throw new IOException("the session is " + sysfs.state(connected.session()));
    }
    sysfs.rescan(connected.disk());
  }

  private VmStoreException unreachable(Connected connected, IOException cause) {
    return attempt
        .failure(ErrorCode.UNAVAILABLE)
        .reason("'" + machine.node(connected.disk()) + "' cannot be asked: " + cause.getMessage())
        .correction("check the network to the NAS, and that it still exports the volume")
        .cause(cause)
        .build();
  }

  private boolean hasSize(Connected connected) {
    return sysfs.size(connected.disk()).filter(has -> has.compareTo(size) >= 0).isPresent();
  }
}
