package io.vmstore.iscsi;

import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.DevicePath;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * What the connector touches of the machine it runs on.
 *
 * @param iscsiadm the initiator's command
 * @param records the initiator's node records
 * @param sysfs the kernel's sessions and disks
 * @param nodes the directory of the device nodes
 * @param numbers tells which device a node stands for
 * @param claims opens a device exclusively
 * @param holders names who keeps a device busy
 */
record Machine(
    Iscsiadm iscsiadm,
    NodeRecords records,
    Sysfs sysfs,
    Path nodes,
    DeviceNumbers numbers,
    DeviceClaims claims,
    Function<DevicePath, List<String>> holders) {

  static Machine thisOne(CommandRunner runner) {
    return new Machine(
        new Iscsiadm(runner, RecordsLock.ofThisMachine()::removeAbandoned),
        NodeRecords.ofThisMachine(),
        Sysfs.ofThisMachine(),
        Path.of("/dev"),
        DeviceNumbers::byStat,
        new PosixDeviceClaims(),
        new DeviceHolders()::suspects);
  }

  /** The device node of a disk. */
  Path node(Sysfs.Disk disk) {
    return nodes.resolve(disk.name());
  }
}
