package io.vmstore.iscsi;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Tells which device a node stands for. */
@FunctionalInterface
interface DeviceNumbers {
  /** {@code major:minor} as sysfs spells it; empty when it is no block device. */
  Optional<String> of(Path node) throws IOException;

  /** As stat(2) says. */
  static Optional<String> byStat(Path node) throws IOException {
    Map<String, Object> status = Files.readAttributes(node, "unix:mode,rdev");
    int fileType = (Integer) requireNonNull(status.get("mode")) & 0170000;
    if (fileType != 0060000) { // inode(7): S_IFMT, S_IFBLK
      return Optional.empty();
    }
    long number = (Long) requireNonNull(status.get("rdev"));
    // sys/sysmacros.h: the halves of both numbers are interleaved.
    long major = ((number >>> 8) & 0xfffL) | ((number >>> 32) & 0xfffff000L);
    long minor = (number & 0xffL) | ((number >>> 12) & 0xffffff00L);
    return Optional.of(major + ":" + minor);
  }
}
