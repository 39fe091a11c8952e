package io.vmstore.spi;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A volume that exists on the NAS.
 *
 * @param name its name
 * @param markedId the identity kept with the volume itself; null when vmstore never touched it
 * @param created whether vmstore created it, as opposed to having adopted one it found
 * @param size its true size
 * @param device the block device, or file, that holds its bytes on the NAS
 */
public record Zvol(
    ZvolName name, @Nullable VolumeId markedId, boolean created, ByteSize size, DevicePath device) {
  /** {@return the identity kept with the volume, unless vmstore never touched it} */
  public Optional<VolumeId> id() {
    return Optional.ofNullable(markedId);
  }
}
