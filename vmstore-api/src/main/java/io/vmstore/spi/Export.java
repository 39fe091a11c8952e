package io.vmstore.spi;

import io.vmstore.model.ChapMode;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.util.Set;

/**
 * A volume as it is exported now.
 *
 * @param volume the volume's identity, which is the unit serial number of the exported disk
 * @param target where it is found
 * @param device the block device behind it
 * @param initiators who is admitted; exactly one for an export that vmstore completed
 * @param sessions who is logged in; a subset of {@code initiators}
 * @param chap what a login has to prove
 */
public record Export(
    VolumeId volume,
    Target target,
    DevicePath device,
    Set<Iqn> initiators,
    Set<Iqn> sessions,
    ChapMode chap) {
  /** An export to which the initiator's name suffices. */
  public Export(
      VolumeId volume, Target target, DevicePath device, Set<Iqn> initiators, Set<Iqn> sessions) {
    this(volume, target, device, initiators, sessions, ChapMode.NONE);
  }

  /** Copies the sets. */
  public Export {
    initiators = Set.copyOf(initiators);
    sessions = Set.copyOf(sessions);
  }
}
