package io.vmstore.testkit.memory;

import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.memory.HostSession.HostDevice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Pools, targets and sessions of any number of machines, in memory. What an exporter exports is
 * what a connector finds, and the bytes written to a connected disk are the volume's.
 *
 * <p>The ports it makes keep the rules a kernel would enforce: a volume that is exported, held or
 * has snapshots is not destroyed; a target admits one initiator; a disk that is open is not taken
 * away; a session outlives its target and fails every read and write meanwhile. The further methods
 * let a test do what an operator, a guest or an accident does.
 *
 * <p>Thread safety: thread-safe.
 */
public final class MemoryFabric {
  private final FabricState state = new FabricState();

  /**
   * A device that a connector took away.
   *
   * @param name the volume for which
   * @param wwn the disk it was
   */
  public record Removal(String name, String wwn) {}

  /** {@return a manager of the given pools, which exist from now on with 1 TiB each} */
  public ZvolManager zvolManager(PoolName... pools) {
    synchronized (state) {
      List.of(pools).forEach(state::pool);
    }
    return new MemoryZvolManager(state, Set.of(pools));
  }

  /** {@return the exporter of a NAS that listens at the given portals from now on} */
  public TargetExporter targetExporter(NodeName nas, Portal... portals) {
    synchronized (state) {
      List.of(portals).forEach(portal -> state.portals.put(portal, nas));
    }
    return new MemoryTargetExporter(state, nas, List.of(portals));
  }

  /** {@return the connector of a compute node, under an initiator name made from the node's} */
  public TargetConnector targetConnector(NodeName compute) {
    return targetConnector(compute, initiator(compute));
  }

  private static Iqn initiator(NodeName compute) {
    String suffix = compute.value().toLowerCase(Locale.ROOT).replace('_', '-');
    return new Iqn("iqn.2026-11.io.vmstore.test:" + suffix);
  }

  /** {@return the connector of a compute node with the given initiator name} */
  public TargetConnector targetConnector(NodeName compute, Iqn initiator) {
    return new MemoryTargetConnector(state, compute, initiator);
  }

  /** {@return what attaches managed volumes to a compute node, by the same name} */
  public VolumeConnector volumeConnector(NodeName compute) {
    return volumeConnector(compute, () -> {});
  }

  /**
   * {@return the same}
   *
   * @param between is run between any two changes that it makes to its machine, under the fabric's
   *     monitor: it may throw, and must not block
   */
  public VolumeConnector volumeConnector(NodeName compute, Runnable between) {
    return new MemoryVolumeConnector(state, compute, initiator(compute), between);
  }

  /** Starts or stops the multipathd of a compute node; none runs in the beginning. */
  public void setMultipath(NodeName compute, boolean running) {
    synchronized (state) {
      state.hostOf(compute).multipath = running;
    }
  }

  /** {@return an array's target without a disk, at portals that are there from now on} */
  public MemoryTarget target(TargetName name, Portal... portals) {
    synchronized (state) {
      MemoryTarget target = new MemoryTarget(state, name, List.of(portals));
      state.targets.put(name, target);
      state.arrayPortals.addAll(target.portals);
      return target;
    }
  }

  /** Takes an array's target away: sessions with it fail from now on. */
  public void removeTarget(TargetName name) {
    synchronized (state) {
      state.targets.remove(name);
    }
  }

  /** Takes a portal off the network, with the sessions of managed volumes over it. */
  public void cut(Portal portal) {
    synchronized (state) {
      state.cut.add(portal);
    }
  }

  /** Puts a portal back; the sessions over it go on. */
  public void restore(Portal portal) {
    synchronized (state) {
      state.cut.remove(portal);
    }
  }

  /**
   * {@return the sessions, devices, multipath devices and links that a compute node has of managed
   * volumes, each in a few words, sorted}
   */
  public List<String> managedContents(NodeName compute) {
    synchronized (state) {
      return state.hostOf(compute).contents();
    }
  }

  /** {@return where the devices of a compute node's managed volumes are} */
  public List<IscsiPath> managedPaths(NodeName compute) {
    synchronized (state) {
      return state
          .hostOf(compute)
          .all()
          .map(
              device -> new IscsiPath(device.session.portal(), device.session.target(), device.lun))
          .toList();
    }
  }

  /**
   * {@return the devices that connectors of managed volumes took away since this was asked last}
   */
  public List<Removal> takeRemovals() {
    synchronized (state) {
      List<Removal> taken = List.copyOf(state.removals);
      state.removals.clear();
      return taken;
    }
  }

  /** Writes to a disk of a compute node, named by its device or its stable path. */
  public void write(NodeName compute, DevicePath device, long offset, byte[] bytes) {
    synchronized (state) {
      if (readOnly(compute, device)) {
        throw new UncheckedIOException(
            new IOException("Read-only: '" + device + "' on '" + compute + "'"));
      }
      content(compute, device).write(offset, bytes);
    }
  }

  /** {@return whether a disk of a compute node refuses writes} */
  public boolean readOnly(NodeName compute, DevicePath device) {
    synchronized (state) {
      return state.hostOf(compute).behind(device).stream().anyMatch(path -> path.readOnly);
    }
  }

  /** {@return bytes of a disk of a compute node, named by its device or its stable path} */
  public byte[] read(NodeName compute, DevicePath device, long offset, int length) {
    synchronized (state) {
      return content(compute, device).read(offset, length);
    }
  }

  /** {@return the size that a disk of a compute node has there} */
  public ByteSize size(NodeName compute, DevicePath device) {
    synchronized (state) {
      return liveSession(compute, device).size;
    }
  }

  /** Writes to a volume on its NAS. */
  public void write(ZvolName zvol, long offset, byte[] bytes) {
    synchronized (state) {
      volume(zvol).content.write(offset, bytes);
    }
  }

  /** {@return bytes of a volume on its NAS} */
  public byte[] read(ZvolName zvol, long offset, int length) {
    synchronized (state) {
      return volume(zvol).content.read(offset, length);
    }
  }

  /**
   * Opens a disk of a compute node, which then cannot be disconnected.
   *
   * @return closes it; again is harmless
   */
  public Runnable open(NodeName compute, DevicePath device, String holder) {
    synchronized (state) {
      return state.hostOf(compute).behind(device).isEmpty()
          ? hold(liveSession(compute, device).holders, holder)
          : hold(state.hostOf(compute).holders(device), holder);
    }
  }

  /**
   * Opens a volume's device on its NAS, which then can be neither exported nor destroyed.
   *
   * @return closes it; again is harmless
   */
  public Runnable hold(ZvolName zvol, String holder) {
    synchronized (state) {
      return hold(volume(zvol).holders, holder);
    }
  }

  private Runnable hold(List<String> holders, String holder) {
    holders.add(holder);
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      synchronized (state) {
        if (open.getAndSet(false)) {
          holders.remove(holder);
        }
      }
    };
  }

  /** Sets how much a pool holds. */
  public void setCapacity(PoolName pool, ByteSize capacity) {
    synchronized (state) {
      state.pool(pool).capacity = capacity;
    }
  }

  /** Creates a volume by hand, without a mark of vmstore. */
  public void createUnmarkedVolume(ZvolName zvol, ByteSize size) {
    putDataset(new MemoryVolume(zvol, size, null, false, true));
  }

  /** Creates a file system by hand, in a volume's place. */
  public void createFileSystem(ZvolName zvol) {
    putDataset(new MemoryVolume(zvol, new ByteSize(1), null, false, false));
  }

  private void putDataset(MemoryVolume dataset) {
    synchronized (state) {
      state.pool(dataset.name.pool()).put(dataset);
    }
  }

  /** Takes a snapshot of a volume, which then cannot be destroyed. */
  public void snapshot(ZvolName zvol) {
    synchronized (state) {
      volume(zvol).snapshots++;
    }
  }

  /** Takes a volume's snapshots away again. */
  public void removeSnapshots(ZvolName zvol) {
    synchronized (state) {
      volume(zvol).snapshots = 0;
    }
  }

  /** Makes a volume's disk show another unit serial number, as if it were another disk. */
  public void swapSerial(VolumeId id, String serial) {
    synchronized (state) {
      export(id).serial = serial;
    }
  }

  /** Lets a volume's disk not appear on whoever logs in. */
  public void hideDevice(VolumeId id) {
    synchronized (state) {
      export(id).hidden = true;
    }
  }

  /** Lets a hidden disk appear. */
  public void showDevice(VolumeId id) {
    synchronized (state) {
      export(id).hidden = false;
      state.notifyAll();
    }
  }

  /** Takes a portal off the network: new logins find nobody there. */
  public void removePortal(Portal portal) {
    synchronized (state) {
      state.portals.remove(portal);
    }
  }

  /** Takes a machine off the storage network: its sessions, or those with it, fail meanwhile. */
  public void unplug(NodeName node) {
    synchronized (state) {
      state.unplug(node);
    }
  }

  /** Puts a machine back on the storage network: sessions that are still admitted go on. */
  public void plugIn(NodeName node) {
    synchronized (state) {
      state.plugIn(node);
    }
  }

  /** {@return the compute nodes that can write to the volume now; more than one is a disaster} */
  public Set<NodeName> writers(ZvolName zvol) {
    synchronized (state) {
      return state.volume(zvol).map(state::writers).orElse(Set.of());
    }
  }

  /** {@return the targets that a compute node has a session of, ordered, with or without a disk} */
  public List<Iqn> sessions(NodeName compute) {
    synchronized (state) {
      return state.sessionsOf(compute).targets().stream().map(Iqn::new).toList();
    }
  }

  /**
   * Reboots a machine: a NAS loses its targets, a compute node its sessions and whoever held its
   * disks. Volumes stay.
   */
  public void loseKernelState(NodeName node) {
    synchronized (state) {
      List<MemoryExport> lost =
          state.exports().stream().filter(export -> export.nas.equals(node)).toList();
      lost.forEach(state::remove);
      state.sessionsOf(node).clear();
      state.hostOf(node).clear();
    }
  }

  private MemoryVolume volume(ZvolName zvol) {
    return state
        .volume(zvol)
        .orElseThrow(() -> new IllegalArgumentException("there is no zvol '" + zvol + "'"));
  }

  private MemoryExport export(VolumeId id) {
    return state
        .exportOf(id)
        .orElseThrow(() -> new IllegalArgumentException("volume '" + id + "' is not exported"));
  }

  private SparseBytes content(NodeName compute, DevicePath device) {
    List<HostDevice> paths = state.hostOf(compute).behind(device);
    if (paths.isEmpty()) {
      return liveSession(compute, device).export.volume.content;
    }
    Reach reach = new Reach(state, compute, initiator(compute));
    return paths.stream()
        .flatMap(path -> reach.disk(path.session, path.lun).stream())
        .findFirst()
        .map(MemoryDisk::content)
        .orElseThrow(() -> unreadable(compute, device));
  }

  private static UncheckedIOException unreadable(NodeName compute, DevicePath device) {
    return new UncheckedIOException(
        new IOException("Input/output error: '" + device + "' on '" + compute + "'"));
  }

  private MemorySession liveSession(NodeName compute, DevicePath device) {
    return state.sessionsOf(compute).all().stream()
        .filter(session -> session.isAt(device) && session.loggedIn)
        .findFirst()
        .orElseThrow(() -> unreadable(compute, device));
  }
}
