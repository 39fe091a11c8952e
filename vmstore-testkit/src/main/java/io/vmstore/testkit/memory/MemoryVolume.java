package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A dataset of a pool. Guarded by the monitor of {@link FabricState}. */
final class MemoryVolume {
  private static final String DEVICES = "/dev/zvol/";

  final ZvolName name;
  final boolean created;

  /** Whether it is a volume, as opposed to a file system of that name. */
  final boolean isVolume;

  final SparseBytes content = new SparseBytes();

  /** Who has the device open on the NAS, beside its export. */
  final List<String> holders = new ArrayList<>();

  ByteSize size;
  @Nullable VolumeId markedId;
  int snapshots;

  MemoryVolume(
      ZvolName name,
      ByteSize size,
      @Nullable VolumeId markedId,
      boolean created,
      boolean isVolume) {
    this.name = name;
    this.size = size;
    this.markedId = markedId;
    this.created = created;
    this.isVolume = isVolume;
  }

  static DevicePath deviceOf(ZvolName name) {
    return new DevicePath(DEVICES + name);
  }

  /** {@return whose device a path is; empty when it is no volume's} */
  static Optional<ZvolName> at(DevicePath device) {
    String path = device.toString();
    return path.startsWith(DEVICES)
        ? Optional.of(ZvolName.parse(path.substring(DEVICES.length())))
        : Optional.empty();
  }

  Zvol toZvol() {
    return new Zvol(name, markedId, created, size, deviceOf(name));
  }
}
