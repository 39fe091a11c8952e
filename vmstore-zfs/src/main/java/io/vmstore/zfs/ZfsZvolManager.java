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
import java.io.IOException;
import java.nio.channels.FileChannel;
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
 * <p>Programs a call: {@link #find}, {@link #list} and {@link #ensure} of a marked volume one,
 * {@link #delete} two, {@link #ensure} of an unmarked volume and of an absent one three; {@code
 * udevadm} besides, when udev has left a device without its link for 2 s.
 *
 * <p>Thread safety: thread-safe; calls for different volumes do not wait for one another.
 */
public final class ZfsZvolManager implements ZvolManager {
  private static final Logger LOG = LoggerFactory.getLogger(ZfsZvolManager.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(300);
  private static final Duration UDEV_UNDISTURBED = Duration.ofSeconds(2);
  private static final Duration OPEN_PATIENCE = Duration.ofSeconds(10);
  private static final Duration LINK_PATIENCE = Duration.ofSeconds(5);

  private final ZfsConfig config;
  private final ZfsPrograms programs;
  private final DeviceHolders holders;
  private final DeviceLinks links;
  private volatile boolean closed;

  /** Serves the pools of this machine. */
  public ZfsZvolManager(ZfsConfig config) {
    this(config, new ProcessCommandRunner(), new DeviceHolders());
  }

  /** Serves the pools that the given programs know. */
  public ZfsZvolManager(ZfsConfig config, CommandRunner runner, DeviceHolders holders) {
    this.config = config;
    this.programs = new ZfsPrograms(runner, config);
    this.holders = holders;
    this.links = new DeviceLinks(config.deviceRoot(), runner, UDEV_UNDISTURBED);
  }

  @Override
  public Zvol ensure(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    ZfsPrograms.Look seen = look(name, deadline);
    if (seen.dataset() != null) {
      return adopted(name, seen.dataset(), id, deadline);
    }
    ByteSize rounded = size.roundedUpTo(config.blockSize());
    refuseBelowFloor(name, rounded, seen.pool());
    refuseStaleLink(name, deadline);
    try {
      programs.create(name, id, rounded, deadline);
    } catch (VmStoreException e) {
      if (e.code() != ErrorCode.ALREADY_EXISTS) {
        throw e;
      }
      // Somebody was faster; what is there now is not to be overwritten but taken as it is.
      return ensure(name, id, size, deadline);
    }
    Zvol created = present(new Zvol(name, id, true, rounded, device(name)), true, deadline);
    hidePartitions(created, deadline);
    return created;
  }

  /**
   * Not when it is created: ZFS makes the device of a volume before it reads that property, then
   * removes it and makes another, and udev's link comes, goes and comes again, or does not come,
   * while the volume is being exported. While the device is open ZFS leaves it alone, and heeds the
   * property when it next makes it; a new volume has no partitions yet.
   */
  private void hidePartitions(Zvol created, Deadline deadline) {
    Path device = created.device().toPath();
    try {
      FileChannel open = DeviceLinks.open(device, deadline.atMost(OPEN_PATIENCE));
      try {
        programs.hidePartitions(created.name(), deadline);
      } finally {
        open.close();
      }
    } catch (IOException | VmStoreException e) {
      LOG.warn(
          "this machine may look into the partitions of zvol '{}' until it is mapped again",
          created.name(),
          e);
    }
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
      Zvol found = present(zvol, false, deadline);
      if (found.created() && !existing.local().containsKey(ZfsPrograms.VOLMODE)) {
        hidePartitions(found, deadline); // whoever created it did not come that far
      }
      return found;
    }
    programs.adopt(name, id, deadline);
    return present(new Zvol(name, id, false, zvol.size(), zvol.device()), true, deadline);
  }

  /** A thin volume takes nothing when it is created, but none is begun below the floor either. */
  private void refuseBelowFloor(ZvolName name, ByteSize size, Dataset pool) {
    long available = pool.bytes("available");
    long floor = (available + pool.bytes("used")) / 100 * config.floorPercent();
    long taken = config.thin() ? 0 : size.bytes();
    if (available - floor < taken) {
      throw VmStoreException.builder(
              ErrorCode.RESOURCE_EXHAUSTED, "cannot create zvol '" + name + "' of " + size)
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
        .flatMap(dataset -> name(dataset).map(name -> zvol(name, dataset)).stream())
        .sorted(Comparator.comparing(zvol -> zvol.name().toString()))
        .toList();
  }

  @Override
  public void delete(ZvolName name, VolumeId id, Deadline deadline) {
    look(name, deadline).found().ifPresent(found -> delete(name, found, id, deadline));
  }

  private void delete(ZvolName name, Dataset existing, VolumeId id, Deadline deadline) {
    String found = existing.local().getOrDefault(ZfsPrograms.ID, "");
    if (!existing.isVolume() || !found.equals(id.toString())) {
      throw refused(
              "cannot destroy zvol '" + name + "'",
              "it is another than '" + id + "': its " + ZfsPrograms.ID + " is '" + found + "'")
          .correction("list the volumes and delete the one that is meant")
          .build();
    }
    destroy(name, deadline);
    awaitLinkGone(name, deadline);
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
  }

  private ZfsPrograms.Look look(ZvolName name, Deadline deadline) {
    String problem = "cannot look at zvol '" + name + "'";
    refuseWhenClosed(problem);
    if (!config.pools().contains(name.pool())) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
          .reason("pool '" + name.pool() + "' is not served here")
          .correction(
              "name one of " + config.pools().stream().map(PoolName::value).sorted().toList())
          .build();
    }
    return programs.look(name, deadline);
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

  private static VmStoreException interrupted(
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
