package io.vmstore.iscsi;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Opens block devices exclusively. */
@FunctionalInterface
interface DeviceClaims {
  /**
   * Opens a device so that nobody can mount it, stack a device on it or claim it in another way,
   * and returns empty when somebody has done so already. Whoever opened it without claiming it, as
   * QEMU does, is not noticed.
   */
  Optional<Claim> claim(Path node) throws IOException;

  /** An open device. */
  interface Claim extends Closeable {
    /** Stands for a device that could not be opened. */
    Claim NONE =
        new Claim() {
          @Override
          public void flush() {}

          @Override
          public void close() {}
        };

    /** Writes out what the kernel and the disk keep in their caches. */
    void flush() throws IOException;
  }
}
