package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.PoolName;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a {@link LocalStorage} is made of. Obtained from {@link #in}, changed by the {@code with}
 * methods. Thread safety: immutable.
 *
 * @param directory holds everything; made when absent, readable by its owner only
 * @param pools the pools that are served, each a folder in it; a process that only connects needs
 *     none
 * @param capacities how much the volumes of a pool may hold together, by their full sizes although
 *     the files are sparse; a pool that is not named holds as much as its file system is large
 * @param loopDevices whether a connected volume is a loop device or a plain file
 */
public record LocalConfig(
    Path directory,
    Set<PoolName> pools,
    Map<PoolName, ByteSize> capacities,
    LoopDevices loopDevices) {

  /** Whether a connected volume is a loop device, which needs root and a kernel that has them. */
  public enum LoopDevices {
    /** Where the machine can make one; otherwise a plain file, and the log says so once. */
    AUTO,
    /** Never: always a plain file, and no program is run. */
    NEVER,
    /** Always: connecting fails where the machine cannot make one. */
    ALWAYS
  }

  /**
   * Checks and copies.
   *
   * @throws VmStoreException INVALID_ARGUMENT: the directory is not a path of printable ASCII,
   *     there is no pool, or a capacity is for a pool that is not served
   */
  public LocalConfig {
    directory = directory.toAbsolutePath().normalize();
    // Refused here rather than by the first volume: its device's path lies below.
    directory = DevicePath.of(directory).toPath();
    pools = Set.copyOf(pools);
    capacities = Map.copyOf(capacities);
    if (!pools.containsAll(capacities.keySet())) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "the configuration of '" + directory + "' is not valid")
          .reason("it serves the pools " + pools + " and has capacities for " + capacities.keySet())
          .correction("give capacities to pools that are served")
          .build();
    }
  }

  /** {@return a configuration with the given pools, no capacities, and loop devices on AUTO} */
  public static LocalConfig in(Path directory, PoolName... pools) {
    return new LocalConfig(directory, Set.of(pools), Map.of(), LoopDevices.AUTO);
  }

  /** {@return this one, with a capacity for a pool} */
  public LocalConfig withCapacity(PoolName pool, ByteSize capacity) {
    Map<PoolName, ByteSize> changed = new HashMap<>(capacities);
    changed.put(pool, capacity);
    return new LocalConfig(directory, pools, changed, loopDevices);
  }

  /** {@return this one, with or without loop devices} */
  public LocalConfig withLoopDevices(LoopDevices use) {
    return new LocalConfig(directory, pools, capacities, use);
  }
}
