package io.vmstore.zfs;

import io.vmstore.model.PoolName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Tells, without running a program, when there is plenty of room in a pool. What is free is asked
 * of the file system that vmstore keeps its records in, as statvfs(2) tells it, which is what the
 * pool has and what is reserved for the records themselves. How large the pool is is known from the
 * last look; it may have grown since, and with it the floor, so plenty is to stay above twice the
 * floor. Whoever does not have plenty looks for himself.
 *
 * <p>Thread safety: thread-safe.
 */
final class PoolRoom {
  private static final int GROWTH = 2;
  private static final String FILE_SYSTEM = "zfs";

  private final Function free;
  private final int floorPercent;
  private final Map<PoolName, Long> capacities = new ConcurrentHashMap<>();

  /** Says what is free. */
  @FunctionalInterface
  interface Function {
    /** {@return the bytes that a pool's records could still take; empty when that is not known} */
    OptionalLong of(PoolName pool);
  }

  PoolRoom(Function free, int floorPercent) {
    this.free = free;
    this.floorPercent = floorPercent;
  }

  /** {@return what is free where a pool's records are mounted on this machine} */
  static OptionalLong mounted(PoolName pool) {
    return mountPoint(Path.of("/proc/self/mounts"), StateDatasets.dataset(pool))
        .mapToLong(folder -> folder.toFile().getUsableSpace())
        .filter(bytes -> bytes > 0) // 0 is also what it says of a folder that is gone
        .findFirst();
  }

  /** By the table itself: a folder in which nothing is mounted any more is on another disk. */
  static Stream<Path> mountPoint(Path table, String dataset) {
    try {
      return Files.readAllLines(table, StandardCharsets.ISO_8859_1).stream()
          .map(line -> List.of(line.split(" ", -1)))
          .filter(fields -> fields.get(0).equals(dataset) && fields.get(2).equals(FILE_SYSTEM))
          .map(fields -> fields.get(1))
          .filter(folder -> folder.indexOf('\\') < 0) // an escape, proc(5); then it is not known
          .map(Path::of);
    } catch (IOException e) {
      return Stream.empty();
    }
  }

  /** Takes note of a pool that was looked at. */
  void seen(PoolName pool, Dataset dataset) {
    capacities.put(pool, capacity(dataset));
  }

  static long capacity(Dataset pool) {
    return pool.bytes("available") + pool.bytes("used");
  }

  /** {@return how many of a capacity's bytes are to stay free} */
  long floor(long capacity) {
    return capacity / 100 * floorPercent;
  }

  /** {@return whether as much may certainly be taken; otherwise it is not known} */
  boolean hasPlenty(PoolName pool, long bytes) {
    Long capacity = capacities.get(pool);
    OptionalLong now = capacity == null ? OptionalLong.empty() : free.of(pool);
    return now.isPresent()
        && capacity != null
        && now.getAsLong() - StateDatasets.RESERVED_BYTES - GROWTH * floor(capacity) > bytes;
  }
}
