package io.vmstore.testkit.memory;

import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Portal;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A session with one portal, which may have several disks. Guarded by the monitor of {@link
 * FabricState}.
 *
 * <p>It outlives its target, as in the kernel, and goes on when the target is back.
 */
final class HostSession {
  private final Portal portal;
  private final TargetName target;
  private final @Nullable ChapLogin chap;
  final Map<Integer, HostDevice> devices = new TreeMap<>();

  /** A disk as the kernel sees it, at a LUN of a session. */
  static final class HostDevice {
    final HostSession session;
    final int lun;
    final DevicePath path;

    /** What it said of itself when it was looked at last. */
    String wwn;

    ByteSize size;
    boolean readOnly;

    HostDevice(HostSession session, int lun, DevicePath path, MemoryDisk disk) {
      this.session = session;
      this.lun = lun;
      this.path = path;
      this.wwn = disk.wwn();
      this.size = disk.size();
    }
  }

  HostSession(Portal portal, TargetName target, @Nullable ChapLogin chap) {
    this.portal = portal;
    this.target = target;
    this.chap = chap;
  }

  Portal portal() {
    return portal;
  }

  TargetName target() {
    return target;
  }

  @Nullable ChapLogin chap() {
    return chap;
  }

  boolean isAt(Portal where, TargetName which) {
    return portal.equals(where) && target.equals(which);
  }
}
