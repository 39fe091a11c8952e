package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.iscsi.Multipath.Joined;
import io.vmstore.iscsi.VolumeMachine.Way;
import io.vmstore.managed.ManagedVolume.Attachment;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.spi.VolumeConnector.Device;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a user of a volume is given: udev's link to its multipath device, which is named after the
 * disk, or a link of vmstore's own to its only path.
 *
 * @param machine this machine
 * @param links the links of vmstore's own
 * @param name the volume's name among them
 */
record VolumeDevices(VolumeMachine machine, DeviceLinks links, String name) {
  /** Whether the volume's link leads to the disk. */
  boolean linked(Way way) {
    return links.leadsTo(name, machine.node(way.disk().name()));
  }

  /** Makes the link, last of all, so that whoever finds it finds the right disk. */
  Device link(Way way, String wwn, Attempt attempt) {
    Path node = machine.node(way.disk().name());
    ByteSize size =
        attempt
            .await(() -> machine.usableSize(way, attempt))
            .orElseThrow(() -> gone(way.disk().name(), attempt));
    links.point(name, node, attempt);
    return plain(way, wwn, size);
  }

  /** Returns once udev has made the link and the device has a size. */
  Device await(Joined joined, String wwn, Attempt attempt) {
    Path stable = stable(joined);
    Path block = machine.sysfs().block(joined.device());
    ByteSize size =
        attempt
            .await(() -> machine.base().usableSize(block, stable, attempt))
            .orElseThrow(() -> gone(stable.toString(), attempt));
    return device(joined, wwn, size);
  }

  /** The device that is there, over a path that works. */
  Optional<Device> present(Way way, String wwn) {
    Optional<Joined> joined = machine.multipath().over(way.disk());
    if (joined.isPresent()) {
      return joined.flatMap(
          each -> machine.sysfs().size(each.device()).map(size -> device(each, wwn, size)));
    }
    return linked(way)
        ? machine.sysfs().size(way.disk()).map(size -> plain(way, wwn, size))
        : Optional.empty();
  }

  void removeLink(Attempt attempt) {
    links.remove(name, attempt);
  }

  private Path stable(Joined joined) {
    return machine.base().nodes().resolve("mapper").resolve(joined.name());
  }

  private Device device(Joined joined, String wwn, ByteSize size) {
    DevicePath node = DevicePath.of(machine.node(joined.device()));
    return new Device(
        DevicePath.of(stable(joined)), new Attachment(node, wwn, joined.name()), size);
  }

  private Device plain(Way way, String wwn, ByteSize size) {
    DevicePath node = DevicePath.of(machine.node(way.disk().name()));
    return new Device(DevicePath.of(links.of(name)), new Attachment(node, wwn, null), size);
  }

  private static VmStoreException gone(String device, Attempt attempt) {
    return attempt
        .failure(ErrorCode.DEADLINE_EXCEEDED)
        .reason("'" + device + "' cannot be opened, or has no size")
        .correction("see 'dmesg' and 'journalctl -u systemd-udevd' on this machine")
        .build();
  }
}
