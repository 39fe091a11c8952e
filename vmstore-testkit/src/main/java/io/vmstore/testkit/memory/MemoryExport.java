package io.vmstore.testkit.memory;

import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;

/**
 * A volume behind a target. Guarded by the monitor of {@link FabricState}.
 *
 * <p>There is one admitted initiator because there is nowhere to put a second.
 */
final class MemoryExport {
  final NodeName nas;
  final Target target;
  final VolumeId id;
  final MemoryVolume volume;
  final Iqn initiator;

  /** What the disk says when asked for its unit serial number; a test may make it lie. */
  String serial;

  /** Whether the disk stays invisible to whoever logs in. */
  boolean hidden;

  MemoryExport(NodeName nas, Target target, VolumeId id, MemoryVolume volume, Iqn initiator) {
    this.nas = nas;
    this.target = target;
    this.id = id;
    this.volume = volume;
    this.initiator = initiator;
    this.serial = id.toString();
  }
}
