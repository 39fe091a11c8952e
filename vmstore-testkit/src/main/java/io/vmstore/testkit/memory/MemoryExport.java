package io.vmstore.testkit.memory;

import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Admission;
import org.jspecify.annotations.Nullable;

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

  /** Its initiator never changes, the secrets may. */
  Admission admitted;

  /** What the disk says when asked for its unit serial number; a test may make it lie. */
  String serial;

  /** Whether the disk stays invisible to whoever logs in. */
  boolean hidden;

  MemoryExport(NodeName nas, Target target, VolumeId id, MemoryVolume volume, Admission admitted) {
    this.nas = nas;
    this.target = target;
    this.id = id;
    this.volume = volume;
    this.admitted = admitted;
    this.serial = id.toString();
  }

  boolean admits(Iqn initiator) {
    return admitted.initiator().equals(initiator);
  }

  /** As the kernel's target: it proves its own secret only to who asks for it. */
  boolean believes(@Nullable ChapSecrets login) {
    ChapSecrets wanted = admitted.chap();
    return wanted == null
        ? login == null || login.target() == null
        : login != null
            && login.initiator().equals(wanted.initiator())
            && (login.target() == null || login.target().equals(wanted.target()));
  }
}
