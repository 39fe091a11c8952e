package io.vmstore.testkit.memory;

import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A target of somebody else's array, with any number of disks. Its methods do what the array's
 * operator does, or an accident.
 *
 * <p>Obtained from {@link MemoryFabric#target}. Thread safety: thread-safe.
 */
public final class MemoryTarget {
  private final FabricState state;
  final TargetName name;
  final List<Portal> portals;
  private final Map<Integer, MemoryDisk.OfArray> disks = new TreeMap<>();
  private @Nullable Iqn admitted;
  private @Nullable ChapLogin login;

  MemoryTarget(FabricState state, TargetName name, List<Portal> portals) {
    this.state = state;
    this.name = name;
    this.portals = List.copyOf(portals);
  }

  /** Puts a new disk at a LUN, in the place of the one that is there. */
  public void putDisk(int lun, ByteSize size) {
    synchronized (state) {
      disks.put(lun, new MemoryDisk.OfArray(++state.arrayDisks, size));
      state.notifyAll();
    }
  }

  /** Takes a disk away. */
  public void removeDisk(int lun) {
    synchronized (state) {
      disks.remove(lun);
    }
  }

  /** Gives a disk another size. */
  public void resize(int lun, ByteSize size) {
    synchronized (state) {
      at(lun).size = size;
    }
  }

  /** Lets a disk appear on whoever looks for it, or not. */
  public void show(int lun, boolean visible) {
    synchronized (state) {
      at(lun).hidden = !visible;
      state.notifyAll();
    }
  }

  /** Admits one initiator only. */
  public void admit(Iqn initiator) {
    synchronized (state) {
      admitted = initiator;
    }
  }

  /** Asks every login for this. */
  public void require(ChapLogin chap) {
    synchronized (state) {
      login = chap;
    }
  }

  /** {@return how a disk is reached} */
  public IscsiConnection connection(int lun) {
    synchronized (state) {
      List<IscsiPath> paths =
          portals.stream().map(portal -> new IscsiPath(portal, name, lun)).toList();
      return new IscsiConnection(
          paths, login, AccessMode.READ_WRITE, null, false, null, Map.of(), Map.of());
    }
  }

  /** {@return the unit serial number of a disk} */
  public String serial(int lun) {
    synchronized (state) {
      return at(lun).serial();
    }
  }

  /** {@return the name a disk gives itself} */
  public String wwn(int lun) {
    synchronized (state) {
      return at(lun).wwn();
    }
  }

  /** {@return bytes of a disk, as its array has them} */
  public byte[] read(int lun, long offset, int length) {
    synchronized (state) {
      return at(lun).content().read(offset, length);
    }
  }

  /** Writes to a disk, as its array does. */
  public void write(int lun, long offset, byte[] bytes) {
    synchronized (state) {
      at(lun).content().write(offset, bytes);
    }
  }

  Optional<MemoryDisk> disk(int lun) {
    return Optional.ofNullable(disks.get(lun));
  }

  boolean admits(Iqn initiator) {
    return admitted == null || initiator.equals(admitted);
  }

  /** As the kernel's target: it proves its own secret only to who asks for it. */
  boolean believes(@Nullable ChapLogin offered) {
    if (login == null) {
      return offered == null || offered.targetUsername() == null;
    }
    return offered != null
        && offered.username().equals(login.username())
        && offered.password().equals(login.password())
        && (offered.targetUsername() == null
            || (offered.targetUsername().equals(login.targetUsername())
                && offered.targetPassword() != null
                && offered.targetPassword().equals(login.targetPassword())));
  }

  private MemoryDisk.OfArray at(int lun) {
    MemoryDisk.OfArray disk = disks.get(lun);
    if (disk == null) {
      throw new IllegalArgumentException("target '" + name + "' has no LUN " + lun);
    }
    return disk;
  }
}
