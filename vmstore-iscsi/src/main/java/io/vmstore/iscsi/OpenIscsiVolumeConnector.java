package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.model.Deadline;
import io.vmstore.spi.VolumeConnector;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attaches volumes of any iSCSI target with open-iscsi and dm-multipath. It needs root, the package
 * {@code open-iscsi} and a running {@code iscsid}; for several paths {@code multipath-tools} and a
 * running {@code multipathd} (docs/operations.md has the settings it needs).
 *
 * <p>A volume has a multipath device when multipathd runs at the time it is connected, over one
 * path too, so that others can be added; its path is then {@code /dev/mapper/NAME}. Otherwise one
 * path is used, and the volume's path is a link of its own in {@link
 * OpenIscsiVolumeConfig#linkDirectory()}.
 *
 * <p>What a disk is, is asked of the disk each time (SCSI INQUIRY, by a rescan of the device): the
 * kernel itself does not notice that a target has put another disk behind a LUN.
 *
 * <p>Thread safety: thread-safe; different volumes do not wait for one another, but for those of
 * one target while a session of it is made or ended, here or in another process. It keeps no state,
 * so a restart loses nothing.
 */
public final class OpenIscsiVolumeConnector implements VolumeConnector {
  private static final Duration LONGEST_QUESTION = Duration.ofSeconds(30);

  private final OpenIscsiVolumeConfig config;
  private final VolumeMachine machine;
  private final DeviceLinks links;
  private volatile boolean closed;

  /**
   * Creates a connector for this machine. Nothing is done and nothing is checked yet.
   *
   * @param runner runs {@code iscsiadm}, {@code multipathd}, {@code multipath}, {@code dmsetup} and
   *     {@code blockdev}
   */
  public OpenIscsiVolumeConnector(OpenIscsiVolumeConfig config, CommandRunner runner) {
    this(config, VolumeMachine.thisOne(runner, config.lockDirectory()));
  }

  /** For tests. */
  OpenIscsiVolumeConnector(OpenIscsiVolumeConfig config, VolumeMachine machine) {
    this.config = config;
    this.machine = machine;
    this.links = new DeviceLinks(config.linkDirectory());
  }

  @Override
  public ConnectorInfo connectorInfo() {
    requireOpen("tell what this machine is");
    Attempt attempt =
        Attempt.of("cannot tell what this machine is", Deadline.after(LONGEST_QUESTION));
    boolean multipath = machine.multipath().usable(config.multipath(), false, attempt);
    return new ConnectorInfo(
        InitiatorName.read(config.initiatorNameFile()),
        ThisHost.address(config.address()),
        ThisHost.name(),
        ThisHost.platform(),
        "linux",
        multipath,
        false,
        Map.of());
  }

  @Override
  public Device connect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    requireOpen("connect volume '" + name + "'");
    return new VolumeConnect(devices(name), config, connection, wwn, deadline).run();
  }

  @Override
  public void disconnect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    requireOpen("disconnect volume '" + name + "'");
    new VolumeDisconnect(devices(name), connection, wwn, deadline).run();
  }

  @Override
  public Optional<Device> find(
      String name, IscsiConnection connection, String wwn, Deadline deadline) {
    requireOpen("find volume '" + name + "'");
    return new VolumeLook(devices(name), connection, wwn)
        .find(Attempt.of("cannot look for volume '" + name + "'", deadline));
  }

  @Override
  public Device extend(String name, IscsiConnection connection, String wwn, Deadline deadline) {
    requireOpen("extend volume '" + name + "'");
    return new VolumeLook(devices(name), connection, wwn)
        .extend(Attempt.of("cannot see the new size of volume '" + name + "'", deadline));
  }

  @Override
  public void close() {
    closed = true;
  }

  private VolumeDevices devices(String name) {
    return new VolumeDevices(machine, links, name);
  }

  private void requireOpen(String attempt) {
    if (closed) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, "cannot " + attempt)
          .reason("the connector is closed")
          .correction("make a new one")
          .build();
    }
  }
}
