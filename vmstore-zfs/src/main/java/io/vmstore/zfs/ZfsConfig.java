package io.vmstore.zfs;

import io.vmstore.model.ByteSize;
import io.vmstore.model.PoolName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * What a {@link ZfsZvolManager} serves and how it creates volumes. Begin with {@link #of} and
 * change what differs.
 *
 * @param pools the pools served; at least one
 * @param deviceRoot the folder in which udev links the devices, {@code /dev/zvol}
 * @param blockSize {@code volblocksize} of new volumes, 16K: a power of two from 512 bytes to 128K,
 *     fixed for a volume's life; sizes are rounded up to it
 * @param thin whether new volumes reserve no space. Not so by default: when a pool with thin
 *     volumes fills up, writes that a guest holds for done are lost (openzfs issue 2889)
 * @param floorPercent how much of a pool stays free, 5: a volume that would leave less is refused.
 *     A nearly full pool is slow, and a full one cannot even delete
 * @param durableWrites whether volumes get {@code sync=always}, unless somebody has set their
 *     {@code sync}, so that no write is acknowledged before it is on the disk. So by default: an
 *     initiator outlives a NAS that crashes, and sends only its flush again, not the writes before
 *     it that were acknowledged and lost with the memory of the NAS
 * @param busyPatience how long deleting is tried while the volume is busy, 2 s: udev opens every
 *     device that was just closed by a writer, for a moment
 */
public record ZfsConfig(
    Set<PoolName> pools,
    Path deviceRoot,
    ByteSize blockSize,
    boolean thin,
    int floorPercent,
    boolean durableWrites,
    Duration busyPatience) {
  private static final long SMALLEST_BLOCK = 512;
  private static final long LARGEST_BLOCK = 128 << 10;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of its bounds
   */
  public ZfsConfig {
    pools = Set.copyOf(pools);
    require(!pools.isEmpty(), "pools: at least one");
    require(deviceRoot.isAbsolute(), "deviceRoot: '" + deviceRoot + "' is not absolute");
    require(
        Long.bitCount(blockSize.bytes()) == 1
            && blockSize.bytes() >= SMALLEST_BLOCK
            && blockSize.bytes() <= LARGEST_BLOCK,
        "blockSize: '" + blockSize + "' is not a power of two from 512 to 128K");
    require(
        floorPercent >= 0 && floorPercent <= 90,
        "floorPercent: '" + floorPercent + "' is not from 0 to 90");
    require(!busyPatience.isNegative(), "busyPatience: '" + busyPatience + "' is negative");
  }

  /** {@return the defaults, for the given pools} */
  public static ZfsConfig of(Set<PoolName> pools) {
    return new ZfsConfig(
        pools, Path.of("/dev/zvol"), ByteSize.parse("16K"), false, 5, true, Duration.ofSeconds(2));
  }

  /** {@return this configuration with devices in another folder} */
  public ZfsConfig withDeviceRoot(Path newRoot) {
    return new ZfsConfig(
        pools, newRoot, blockSize, thin, floorPercent, durableWrites, busyPatience);
  }

  /** {@return this configuration with another block size for new volumes} */
  public ZfsConfig withBlockSize(ByteSize newSize) {
    return new ZfsConfig(
        pools, deviceRoot, newSize, thin, floorPercent, durableWrites, busyPatience);
  }

  /** {@return this configuration with new volumes thin or not} */
  public ZfsConfig withThin(boolean newThin) {
    return new ZfsConfig(
        pools, deviceRoot, blockSize, newThin, floorPercent, durableWrites, busyPatience);
  }

  /** {@return this configuration with another share of a pool kept free} */
  public ZfsConfig withFloorPercent(int newPercent) {
    return new ZfsConfig(
        pools, deviceRoot, blockSize, thin, newPercent, durableWrites, busyPatience);
  }

  /** {@return this configuration with each write on the disk before it is acknowledged, or not} */
  public ZfsConfig withDurableWrites(boolean newDurableWrites) {
    return new ZfsConfig(
        pools, deviceRoot, blockSize, thin, floorPercent, newDurableWrites, busyPatience);
  }

  /** {@return this configuration with more or less patience for busy volumes} */
  public ZfsConfig withBusyPatience(Duration newPatience) {
    return new ZfsConfig(
        pools, deviceRoot, blockSize, thin, floorPercent, durableWrites, newPatience);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
