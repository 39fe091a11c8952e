package io.vmstore.iscsi;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;
import jnr.constants.platform.Errno;
import jnr.constants.platform.OpenFlags;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * Claims by {@code O_EXCL}, which on a block device means what {@link DeviceClaims} asks for
 * (open(2)). Java opens with {@code O_EXCL} only together with {@code O_CREAT}, and with that every
 * device "exists already". Read only: the kernel flushes all the same (block/fops.c, blkdev_fsync),
 * and udev does not look at the device again when it is closed.
 */
final class PosixDeviceClaims implements DeviceClaims {
  private static final int FLAGS =
      OpenFlags.O_RDONLY.intValue() | OpenFlags.O_EXCL.intValue() | OpenFlags.O_CLOEXEC.intValue();

  private final POSIX posix = POSIXFactory.getNativePOSIX();

  @Override
  public Optional<Claim> claim(Path node) throws IOException {
    int descriptor = posix.open(node.toString(), FLAGS, 0);
    if (descriptor >= 0) {
      return Optional.of(new OpenDevice(node, descriptor));
    }
    if (posix.errno() == Errno.EBUSY.intValue()) {
      return Optional.empty();
    }
    throw failure(node);
  }

  private IOException failure(Path node) {
    return new FileSystemException(
        node.toString(), null, Errno.valueOf(posix.errno()).description());
  }

  private final class OpenDevice implements Claim {
    private final Path node;
    private final int descriptor;

    OpenDevice(Path node, int descriptor) {
      this.node = node;
      this.descriptor = descriptor;
    }

    @Override
    public void flush() throws IOException {
      if (posix.fsync(descriptor) != 0) {
        throw failure(node);
      }
    }

    @Override
    public void close() throws IOException {
      if (posix.close(descriptor) != 0) {
        throw failure(node);
      }
    }
  }
}
