package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a volume's file a device: a loop device, or the file itself where the machine has none to
 * give. Which it is shows at the first attempt (a sandbox may have the control device and still
 * refuse) and then holds, so that a later failure is an error and no silent change. Thread-safe.
 */
final class DeviceMaker {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceMaker.class);

  private final Loops loops;
  private volatile LoopDevices use;

  DeviceMaker(Loops loops, LoopDevices use) {
    this.loops = loops;
    this.use = use;
  }

  /**
   * {@return the device of a file: the file itself, or a loop device, an idle one if it has one}
   */
  Path make(Path data, Deadline deadline) throws IOException {
    if (use == LoopDevices.AUTO && !loops.seemPossible()) {
      settleForFiles("this process cannot write to /dev/loop-control");
    }
    if (use == LoopDevices.NEVER) {
      return data;
    }
    List<Path> existing = loops.on(data);
    return existing.isEmpty() ? attach(data, deadline) : existing.get(0);
  }

  private Path attach(Path data, Deadline deadline) {
    try {
      Path device = loops.attach(data, deadline);
      use = LoopDevices.ALWAYS;
      return device;
    } catch (VmStoreException e) {
      if (use != LoopDevices.AUTO || e.code() != ErrorCode.UNAVAILABLE || e.outcomeUnknown()) {
        throw e;
      }
      settleForFiles(e.reason());
      return data;
    }
  }

  private void settleForFiles(String reason) {
    use = LoopDevices.NEVER;
    LOG.info("Connected volumes are plain files, not loop devices: {}", reason);
  }
}
