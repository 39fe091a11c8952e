package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.exec.ProcessCommandRunner;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes of ZFS pools on this machine, through {@code zfs(8)}.
 *
 * <p>A volume's identity is the user property {@code io.vmstore:id} set on the volume itself; one
 * that a copy inherited or received is not taken for its own. {@code io.vmstore:origin} says
 * whether vmstore {@code created} or {@code adopted} it.
 *
 * <p>Programs a call: {@link #find}, {@link #list} and {@link #ensure} of a marked volume one;
 * {@link #ensure} of an absent one also one, when the pool has plenty of room and keeps the records
 * itself (see {@link StateDatasets}), and two otherwise; {@link #delete} two; {@link #ensure} of an
 * unmarked volume and {@link #grow} three; {@code udevadm} besides, when udev has left a device
 * without its link for 2 s. Some seconds after volumes were created, one {@code zfs set} in the
 * background hides the partitions of all of them from this machine.
 *
 * <p>Thread safety: thread-safe; calls for different volumes do not wait for one another, except
 * that each pool creates a few at a time, and destroys a few: twice as many as the machine has
 * processors, at least 4.
 */
public final class ZfsZvolManager implements ZvolManager {
  private static final Logger LOG = LoggerFactory.getLogger(ZfsZvolManager.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(300);
  private static final Duration UDEV_UNDISTURBED = Duration.ofSeconds(2);
  private static final Duration HIDING_PAUSE = Duration.ofSeconds(5);
  private static final Duration LINK_PATIENCE = Duration.ofSeconds(5);

  private final ZfsConfig config;
  private final ZfsPrograms programs;
  private final DeviceHolders holders;
  private final DeviceLinks links;
  private final PoolRoom room;
  private final PartitionHiding partitions;
  private volatile boolean closed;

  /** Serves the pools of this machine. */
  public ZfsZvolManager(ZfsConfig config) {
    this(config, new ProcessCommandRunner(), new DeviceHolders());
  }

  /** Serves the pools that the given programs know. */
  public ZfsZvolManager(ZfsConfig config, CommandRunner runner, DeviceHolders holders) {
    this(config, runner, holders, PoolRoom::mounted, HIDING_PAUSE);
  }

  /** For tests. */
  ZfsZvolManager(
      ZfsConfig config,
      CommandRunner runner,
      DeviceHolders holders,
      PoolRoom.Function free,
      Duration hidingPause) {
    this.config = config;
    this.programs = new ZfsPrograms(runner, config);
    this.holders = holders;
    this.links = new DeviceLinks(config.deviceRoot(), runner, UDEV_UNDISTURBED);
    this.room = new PoolRoom(free, config.floorPercent());
    this.partitions = new PartitionHiding(programs, hidingPause);
  }

  /**
   * Where there is no link there hardly is a volume, and creating one that exists fails: so an
   * absent volume is looked for only when its pool might not have the room.
   */
  @Override
  public Zvol ensure(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    requireServed(name, "cannot look at zvol '" + name + "'");
    ByteSize rounded = size.roundedUpTo(config.blockSize());
    boolean hasLink = Files.exists(device(name).toPath(), LinkOption.NOFOLLOW_LINKS);
    return !hasLink && room.hasPlenty(name.pool(), taken(rounded))
        ? created(name, id, rounded, deadline)
        : ensureLooked(name, id, rounded, deadline);
  }

  private Zvol ensureLooked(ZvolName name, VolumeId id, ByteSize rounded, Deadline deadline) {
    ZfsPrograms.Look seen = look(name, deadline);
    if (seen.dataset() != null) {
      return adopted(name, seen.dataset(), id, deadline);
    }
    refuseBelowFloor(
        "cannot create zvol '" + name + "' of " + rounded, name, taken(rounded), seen.pool());
    return created(name, id, rounded, deadline);
  }

  private Zvol created(ZvolName name, VolumeId id, ByteSize rounded, Deadline deadline) {
    refuseStaleLink(name, deadline);
    try {
      programs.create(name, id, rounded, deadline);
    } catch (VmStoreException e) {
      if (e.code() != ErrorCode.ALREADY_EXISTS) {
        throw e;
      }
      // What is there is not to be overwritten but taken as it is.
      return ensureLooked(name, id, rounded, deadline);
    }
    Zvol created = present(new Zvol(name, id, true, rounded, device(name)), true, deadline);
    partitions.later(name, created.device().toPath());
    return created;
  }

  private Zvol adopted(ZvolName name, Dataset existing, VolumeId id, Deadline deadline) {
    if (!existing.isVolume()) {
      throw refused("cannot use dataset '" + name + "'", "it is not a volume")
          .correction("choose another name")
          .build();
    }
    if (config.durableWrites() && !existing.local().containsKey(ZfsPrograms.SYNC)) {
      programs.makeWritesDurable(name, deadline);
    }
    Zvol zvol = zvol(name, existing);
    if (zvol.id().isPresent()) {
      hidePartitions(zvol, existing);
      return present(zvol, false, deadline);
    }
    programs.adopt(name, id, deadline);
    return present(new Zvol(name, id, false, zvol.size(), zvol.device()), true, deadline);
  }

  /** When whoever created it did not come that far, and nobody has decided otherwise. */
  private void hidePartitions(Zvol zvol, Dataset dataset) {
    if (zvol.created()
        && !dataset.local().containsKey(ZfsPrograms.VOLMODE)
        && !dataset.value(ZfsPrograms.VOLMODE).equals(ZfsPrograms.DEVICE_ONLY)) {
      partitions.later(zvol.name(), zvol.device().toPath());
    }
  }

  /** A thin volume takes nothing when it is created, but none is begun below the floor either. */
  private long taken(ByteSize size) {
    return config.thin() ? 0 : size.bytes();
  }

  private void refuseBelowFloor(String problem, ZvolName name, long taken, Dataset pool) {
    long available = pool.bytes("available");
    long floor = room.floor(PoolRoom.capacity(pool));
    if (available - floor < taken) {
      throw VmStoreException.builder(ErrorCode.RESOURCE_EXHAUSTED, problem)
          .reason(
              "pool '"
                  + name.pool()
                  + "' has "
                  + available
                  + " bytes available, of which "
                  + floor
                  + " are to stay free")
          .correction("delete volumes or add disks to the pool")
          .detail("available", Long.toString(available))
          .build();
    }
  }

  private Zvol present(Zvol zvol, boolean changed, Deadline deadline) {
    String problem = "cannot open the device of zvol '" + zvol.name() + "'";
    try {
      if (links.awaitPresent(zvol.device().toPath(), deadline)) {
        return zvol;
      }
    } catch (InterruptedException e) {
      throw interrupted(problem, changed, e);
    }
    throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, problem)
        .reason("the volume exists, but '" + zvol.device() + "' did not appear in time")
        .correction("see whether udev runs; 'udevadm trigger --subsystem-match=block' makes links")
        .outcomeUnknown(changed)
        .build();
  }

  @Override
  public Zvol grow(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    ZfsPrograms.Look seen = look(name, deadline);
    Dataset existing =
        seen.found().filter(Dataset::isVolume).orElseThrow(() -> noVolume(name, size));
    String problem = "cannot grow zvol '" + name + "' to " + size;
    requireSame(problem, existing, id);
    Zvol before = zvol(name, existing);
    Dataset layout = programs.layout(name, deadline);
    ByteSize wanted = size.roundedUpTo(layout.size("volblocksize"));
    long more = wanted.bytes() - before.size().bytes();
    if (more < 0) {
      throw refused(problem, "it has " + before.size() + ", and is never made smaller")
          .correction("give a size of at least " + before.size())
          .build();
    }
    if (more > 0) {
      boolean thick = layout.bytes("refreservation") > 0;
      refuseBelowFloor(problem, name, thick ? more : 0, seen.pool());
      programs.grow(name, wanted, deadline);
    }
    return new Zvol(name, id, before.created(), wanted, before.device());
  }

  private static VmStoreException noVolume(ZvolName name, ByteSize size) {
    return VmStoreException.builder(
            ErrorCode.NOT_FOUND, "cannot grow zvol '" + name + "' to " + size)
        .reason("there is no such zvol")
        .correction("see the names with a list")
        .build();
  }

  @Override
  public Optional<Zvol> find(ZvolName name, Deadline deadline) {
    return look(name, deadline)
        .found()
        .filter(Dataset::isVolume)
        .map(dataset -> zvol(name, dataset));
  }

  @Override
  public List<Zvol> list(Deadline deadline) {
    refuseWhenClosed("cannot list zvols");
    return programs.list(deadline).stream()
        .flatMap(dataset -> name(dataset).map(name -> listed(name, dataset)).stream())
        .sorted(Comparator.comparing(zvol -> zvol.name().toString()))
        .toList();
  }

  private Zvol listed(ZvolName name, Dataset dataset) {
    Zvol zvol = zvol(name, dataset);
    hidePartitions(zvol, dataset);
    return zvol;
  }

  @Override
  public void delete(ZvolName name, VolumeId id, Deadline deadline) {
    look(name, deadline).found().ifPresent(found -> delete(name, found, id, deadline));
  }

  private void delete(ZvolName name, Dataset existing, VolumeId id, Deadline deadline) {
    requireSame("cannot destroy zvol '" + name + "'", existing, id);
    partitions.forget(name, deadline);
    destroy(name, deadline);
    awaitLinkGone(name, deadline);
  }

  private static void requireSame(String problem, Dataset existing, VolumeId id) {
    String found = existing.local().getOrDefault(ZfsPrograms.ID, "");
    if (!existing.isVolume() || !found.equals(id.toString())) {
      throw refused(
              problem,
              "it is another than '" + id + "': its " + ZfsPrograms.ID + " is '" + found + "'")
          .correction("list the volumes and name the one that is meant")
          .build();
    }
  }

  private void destroy(ZvolName name, Deadline deadline) {
    Deadline patience = deadline.atMost(config.busyPatience());
    Duration pause = FIRST_PAUSE;
    while (!destroyedNow(name, patience, deadline)) {
      LockSupport.parkNanos(patience.atMost(pause).remaining().toNanos());
      pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
    }
  }

  /** {@return false when it is busy and there is patience left} */
  private boolean destroyedNow(ZvolName name, Deadline patience, Deadline deadline) {
    try {
      programs.destroy(name, deadline);
      return true;
    } catch (VmStoreException e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        look(name, deadline); // fails when it is the pool that is gone, and not the volume
        return true;
      }
      if (e.code() != ErrorCode.BUSY) {
        throw e;
      }
      if (patience.passed()) {
        throw held(name, e);
      }
      return false;
    }
  }

  private VmStoreException held(ZvolName name, VmStoreException cause) {
    List<String> known = holders.of(device(name));
    String holder = known.isEmpty() ? "somebody it does not name" : String.join(", ", known);
    return refused("cannot destroy zvol '" + name + "'", "ZFS says it is busy: held by " + holder)
        .correction(
            known.isEmpty()
                ? "look for a running 'zfs send', a hold ('zfs holds'), or LVM on '"
                    + device(name)
                    + "'"
                : "end that first")
        .detail("holder", holder)
        .cause(cause)
        .build();
  }

  private void awaitLinkGone(ZvolName name, Deadline deadline) {
    if (!linkGone(name, true, deadline)) {
      LOG.warn("zvol '{}' is destroyed, but udev still has its link '{}'", name, device(name));
    }
  }

  /** A link that is there before the volume leads to nothing, or to another volume's device. */
  private void refuseStaleLink(ZvolName name, Deadline deadline) {
    if (!linkGone(name, false, deadline)) {
      throw VmStoreException.builder(ErrorCode.BUSY, "cannot create zvol '" + name + "'")
          .reason("udev still has the link '" + device(name) + "' of an earlier one")
          .correction("see whether udev runs, then repeat; or remove the link")
          .build();
    }
  }

  private boolean linkGone(ZvolName name, boolean changed, Deadline deadline) {
    Path link = device(name).toPath();
    try {
      return DeviceLinks.awaitGone(link, deadline.atMost(LINK_PATIENCE));
    } catch (InterruptedException e) {
      throw interrupted("cannot wait for the end of '" + link + "'", changed, e);
    }
  }

  @Override
  public void close() {
    closed = true;
    partitions.close();
  }

  private ZfsPrograms.Look look(ZvolName name, Deadline deadline) {
    requireServed(name, "cannot look at zvol '" + name + "'");
    ZfsPrograms.Look seen = programs.look(name, deadline);
    room.seen(name.pool(), seen.pool());
    return seen;
  }

  private void requireServed(ZvolName name, String problem) {
    refuseWhenClosed(problem);
    if (!config.pools().contains(name.pool())) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
          .reason("pool '" + name.pool() + "' is not served here")
          .correction(
              "name one of " + config.pools().stream().map(PoolName::value).sorted().toList())
          .build();
    }
  }

  private void refuseWhenClosed(String problem) {
    if (closed) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
          .reason("the zvol manager is closed")
          .correction("open a new one")
          .build();
    }
  }

  private Zvol zvol(ZvolName name, Dataset dataset) {
    String id = dataset.local().get(ZfsPrograms.ID);
    boolean created = ZfsPrograms.CREATED.equals(dataset.local().get(ZfsPrograms.ORIGIN));
    ByteSize size = dataset.size("volsize");
    return new Zvol(name, id == null ? null : markedId(name, id), created, size, device(name));
  }

  private static VolumeId markedId(ZvolName name, String id) {
    try {
      return VolumeId.parse(id);
    } catch (VmStoreException e) {
      throw VmStoreException.builder(
              ErrorCode.INTERNAL, "cannot read the id of zvol '" + name + "'")
          .reason("its property " + ZfsPrograms.ID + " is '" + id + "'")
          .correction(
              "restore the id from the NAS's records, or drop it with 'zfs inherit "
                  + ZfsPrograms.ID
                  + " "
                  + name
                  + "'")
          .cause(e)
          .build();
    }
  }

  /** A volume whose name vmstore refuses is none of its volumes. */
  private static Optional<ZvolName> name(Dataset dataset) {
    try {
      return Optional.of(ZvolName.parse(dataset.name()));
    } catch (VmStoreException e) {
      LOG.debug("not listed: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private DevicePath device(ZvolName name) {
    return DevicePath.of(config.deviceRoot().resolve(name.pool().value()).resolve(name.name()));
  }

  private static VmStoreException.Builder refused(String problem, String reason) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem).reason(reason);
  }

  static VmStoreException interrupted(
      String problem, boolean outcomeUnknown, InterruptedException cause) {
    Thread.currentThread().interrupt();
    return VmStoreException.builder(ErrorCode.CANCELLED, problem)
        .reason("the calling thread was interrupted")
        .correction("repeat the call")
        .outcomeUnknown(outcomeUnknown)
        .cause(cause)
        .build();
  }
}
