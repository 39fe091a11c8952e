package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Volumes in memory, under the rules of ZFS. Thread-safe. */
final class MemoryZvolManager implements ZvolManager {
  private static final ByteSize BLOCK = ByteSize.parse("16K");

  private final PortLifecycle lifecycle = new PortLifecycle("zvol manager");
  private final FabricState state;
  private final Set<PoolName> served;

  MemoryZvolManager(FabricState state, Set<PoolName> served) {
    this.state = state;
    this.served = Set.copyOf(served);
  }

  @Override
  public Zvol ensure(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    String problem = "cannot make sure of zvol '" + name + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemoryPool pool = servedPool(name, problem);
      MemoryVolume existing = pool.volume(name.name()).orElse(null);
      return existing == null ? create(pool, name, id, size) : adopt(existing, id, problem);
    }
  }

  private static Zvol create(MemoryPool pool, ZvolName name, VolumeId id, ByteSize size) {
    ByteSize rounded = size.roundedUpTo(BLOCK);
    if (!pool.hasRoomFor(rounded)) {
      throw VmStoreException.builder(
              ErrorCode.RESOURCE_EXHAUSTED, "cannot create zvol '" + name + "' of " + rounded)
          .reason("pool '" + name.pool() + "' has no room for it")
          .correction("delete volumes or add disks to the pool")
          .build();
    }
    MemoryVolume volume = new MemoryVolume(name, rounded, id, true, true);
    pool.put(volume);
    return volume.toZvol();
  }

  private static Zvol adopt(MemoryVolume volume, VolumeId id, String problem) {
    if (!volume.isVolume) {
      throw refused(problem, "the dataset of that name is a file system", "choose another name");
    }
    if (volume.markedId == null) {
      volume.markedId = id;
    }
    return volume.toZvol();
  }

  @Override
  public Zvol grow(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    String problem = "cannot grow zvol '" + name + "' to " + size;
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemoryPool pool = servedPool(name, problem);
      MemoryVolume volume =
          pool.volume(name.name())
              .orElseThrow(
                  () ->
                      VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
                          .reason("there is no such zvol")
                          .correction("see the names with a list")
                          .build());
      requireSame(volume, id, problem);
      resize(pool, volume, size.roundedUpTo(BLOCK), problem);
      return volume.toZvol();
    }
  }

  private static void resize(
      MemoryPool pool, MemoryVolume volume, ByteSize wanted, String problem) {
    long more = wanted.bytes() - volume.size.bytes();
    if (more < 0) {
      throw refused(
          problem, "it has " + volume.size + ", and is never made smaller", "give a larger size");
    }
    if (more > 0 && !pool.hasRoomFor(new ByteSize(more))) {
      throw VmStoreException.builder(ErrorCode.RESOURCE_EXHAUSTED, problem)
          .reason("pool '" + volume.name.pool() + "' has no room for it")
          .correction("delete volumes or add disks to the pool")
          .build();
    }
    pool.remove(volume.name.name());
    volume.size = wanted;
    pool.put(volume);
  }

  @Override
  public Optional<Zvol> find(ZvolName name, Deadline deadline) {
    String problem = "cannot look for zvol '" + name + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      return servedPool(name, problem)
          .volume(name.name())
          .filter(volume -> volume.isVolume)
          .map(MemoryVolume::toZvol);
    }
  }

  @Override
  public List<Zvol> list(Deadline deadline) {
    return list(null, Integer.MAX_VALUE, deadline);
  }

  @Override
  public List<Zvol> list(@Nullable ZvolName after, int limit, Deadline deadline) {
    lifecycle.enter("cannot list zvols", deadline);
    synchronized (state) {
      return served.stream()
          .sorted(Comparator.comparing(MemoryZvolManager::prefix))
          .flatMap(pool -> volumes(pool, after))
          .filter(volume -> volume.isVolume)
          .limit(limit)
          .map(MemoryVolume::toZvol)
          .toList();
    }
  }

  private Stream<MemoryVolume> volumes(PoolName pool, @Nullable ZvolName after) {
    MemoryPool volumes = state.pool(pool);
    if (after != null && pool.equals(after.pool())) {
      return volumes.after(after.name()).stream();
    }
    boolean all = after == null || prefix(pool).compareTo(prefix(after.pool())) > 0;
    return all ? volumes.volumes().stream() : Stream.empty();
  }

  /** What the names of a pool's volumes begin with, and are ordered by first. */
  private static String prefix(PoolName pool) {
    return pool + "/";
  }

  @Override
  public void delete(ZvolName name, VolumeId id, Deadline deadline) {
    String problem = "cannot destroy zvol '" + name + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      MemoryPool pool = servedPool(name, problem);
      MemoryVolume volume = pool.volume(name.name()).orElse(null);
      if (volume != null) {
        checkDeletable(volume, id, problem);
        pool.remove(name.name());
      }
    }
  }

  private void checkDeletable(MemoryVolume volume, VolumeId id, String problem) {
    requireSame(volume, id, problem);
    if (volume.snapshots > 0) {
      throw refused(problem, "it has snapshots", "destroy the snapshots first");
    }
    state
        .exportOf(volume)
        .ifPresent(
            export -> {
              throw held(problem, "target '" + export.target.iqn() + "'");
            });
    if (!volume.holders.isEmpty()) {
      throw held(problem, String.join(", ", volume.holders));
    }
  }

  private static void requireSame(MemoryVolume volume, VolumeId id, String problem) {
    if (!volume.isVolume || !id.equals(volume.markedId)) {
      throw refused(
          problem,
          "it is another volume than '" + id + "': its id is '" + volume.markedId + "'",
          "list the volumes and name the one that is meant");
    }
  }

  private MemoryPool servedPool(ZvolName name, String problem) {
    if (!served.contains(name.pool())) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
          .reason("pool '" + name.pool() + "' is not served here")
          .correction("name one of " + served)
          .build();
    }
    return state.pool(name.pool());
  }

  private static VmStoreException held(String problem, String holder) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
        .reason("its device is held by " + holder)
        .correction("end that first")
        .detail("holder", holder)
        .build();
  }

  private static VmStoreException refused(String problem, String reason, String correction) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
        .reason(reason)
        .correction(correction)
        .build();
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
