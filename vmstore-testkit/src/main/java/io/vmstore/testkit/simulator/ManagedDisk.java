package io.vmstore.testkit.simulator;

import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.testkit.memory.MemoryTarget;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A volume of an array as a manager knows it by an id, and what it was told of it. */
final class ManagedDisk {
  /** What the manager was told last. */
  enum Belief {
    DETACHED,
    ATTACHED,
    /** An answer did not come, or said that the outcome is not known. */
    UNKNOWN
  }

  final String id;
  final MemoryTarget target;
  final int lun;
  final IscsiConnection connection;

  Belief belief = Belief.DETACHED;

  /** What the manager was told when it attached the volume; null when it may be another by now. */
  @Nullable ManagedVolume told;

  ManagedDisk(String id, MemoryTarget target, int lun, IscsiConnection connection) {
    this.id = id;
    this.target = target;
    this.lun = lun;
    this.connection = connection;
  }

  @Nullable String recorded() {
    return told == null ? null : wwn(told);
  }

  static String wwn(ManagedVolume volume) {
    return Objects.requireNonNull(volume.attachment()).wwn();
  }
}
