package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

  /** The failure that a disk is not the volume; what to do about it is left to say. */
  VmStoreException.Builder wrongDisk(Sysfs.Disk disk, String serial, Attempt attempt) {
    return attempt
        .failure(ErrorCode.FAILED_PRECONDITION)
        .reason("the unit serial number of '" + node(disk) + "' is '" + serial + "': another disk")
        .detail("serial", serial);
  }

  /**
   * The size of a device as soon as it can be opened. The kernel makes the directory of a disk
   * first and reads its size later (sd_probe).
   *
   * @param block where sysfs has the device
   * @throws VmStoreException FAILED_PRECONDITION: something else is where its node belongs
   */
  Optional<ByteSize> usableSize(Path block, Path node, Attempt attempt) {
    Optional<String> number = sysfs.number(block);
    if (number.isEmpty() || !Files.exists(node)) {
      return Optional.empty();
    }
    try {
      if (!numbers.of(node).equals(number)) {
        throw wrongNode(node, attempt);
      }
    } catch (IOException e) {
      return Optional.empty(); // gone again
    }
    return sysfs.size(block);
  }

  /** Whoever writes to a node after its disk is gone makes a plain file, which then stays. */
  private static VmStoreException wrongNode(Path node, Attempt attempt) {
    return attempt
        .failure(ErrorCode.FAILED_PRECONDITION)
        .reason("'" + node + "' is not the node of the disk but something that somebody left there")
        .correction("remove '" + node + "', then repeat the call")
        .build();
  }
}
