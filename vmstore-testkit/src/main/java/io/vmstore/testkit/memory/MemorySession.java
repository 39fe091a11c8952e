package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.spi.ConnectedDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An initiator's session and its disk. Guarded by the monitor of {@link FabricState}.
 *
 * <p>As in the kernel, it outlives its target: the disk then fails every read and write until the
 * target is back or the session is ended.
 */
final class MemorySession {
  final Iqn initiator;
  final Target target;
  final DevicePath device;
  final DevicePath stablePath;

  /** Who has the disk open on the compute node. */
  final List<String> holders = new ArrayList<>();

  @Nullable ChapSecrets chap;
  MemoryExport export;
  boolean loggedIn;

  /** What the kernel read of it last; a volume that grows is not noticed. */
  ByteSize size;

  MemorySession(
      Iqn initiator,
      @Nullable ChapSecrets chap,
      Target target,
      DevicePath device,
      MemoryExport export) {
    this.initiator = initiator;
    this.chap = chap;
    this.target = target;
    this.device = device;
    this.stablePath =
        new DevicePath(
            "/dev/disk/by-path/ip-"
                + target.portals().get(0)
                + "-iscsi-"
                + target.iqn()
                + "-lun-0");
    this.export = export;
    this.size = export.volume.size;
  }

  void logIn(MemoryExport admitting) {
    export = admitting;
    loggedIn = true;
  }

  boolean writesTo(MemoryVolume volume) {
    return loggedIn && export.volume == volume;
  }

  boolean isAt(DevicePath path) {
    return path.equals(device) || path.equals(stablePath);
  }

  ConnectedDevice toConnectedDevice() {
    return new ConnectedDevice(target, export.serial, device, stablePath, size, loggedIn);
  }
}
