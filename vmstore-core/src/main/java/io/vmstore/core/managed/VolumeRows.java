package io.vmstore.core.managed;

import io.vmstore.core.flow.Doubts;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.VolumeConnector.Device;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * This host's volumes by their ids: read from the store once, then kept in memory. A row is in
 * memory before it may be in the store, and for as long as it may be there, so that no two ids have
 * one path or one disk.
 *
 * <p>Thread safety: thread-safe, as long as one operation an id runs at a time.
 */
final class VolumeRows {
  private final StateStore store;
  private final TreeMap<String, VolumeRow> rows = new TreeMap<>();
  private final Doubts<String> doubts = new Doubts<>();

  VolumeRows(StateStore store) {
    this.store = store;
    store.readAll().forEach(this::load);
  }

  synchronized Optional<VolumeRow> find(String id) {
    return Optional.ofNullable(rows.get(id));
  }

  synchronized List<VolumeRow> all() {
    return List.copyOf(rows.values());
  }

  /** {@return whether a row is what it was} */
  boolean still(VolumeRow row) {
    return find(row.id()).filter(row::equals).isPresent();
  }

  /**
   * Records that a volume is about to be attached.
   *
   * @throws VmStoreException ALREADY_EXISTS or BUSY when a path of it leads to another id's volume;
   *     INVALID_ARGUMENT when it cannot be kept
   */
  void begin(VolumeRow intent) {
    byte[] bytes = encoded(intent);
    synchronized (this) {
      requireOwnPaths(intent);
      rows.put(intent.id(), intent);
    }
    try {
      store.write(intent.id(), bytes);
    } catch (VmStoreException e) {
      if (!e.outcomeUnknown()) {
        drop(intent.id());
      }
      throw e;
    }
  }

  /**
   * Records which disk the volume is.
   *
   * @throws VmStoreException ALREADY_EXISTS when the disk is another id's volume
   */
  void complete(VolumeRow intent, Device device) {
    VolumeRow row = intent.with(device);
    byte[] bytes = row.encode();
    synchronized (this) {
      requireOwnDisk(row);
      rows.put(row.id(), row);
    }
    try {
      store.write(row.id(), bytes);
    } catch (VmStoreException e) {
      replace(intent);
      throw e;
    }
  }

  void remove(String id) {
    doubts.change(id, () -> store.remove(id));
    drop(id);
  }

  /**
   * Sees to it that the store has a row, before a volume is attached on it: after a removal of
   * unknown outcome it may not, and nobody would know of what is left by an attach that never ends.
   */
  void assure(VolumeRow row) {
    if (doubts.about(row.id())) {
      doubts.change(row.id(), () -> store.write(row.id(), row.encode()));
    }
  }

  private synchronized void drop(String id) {
    rows.remove(id);
  }

  private synchronized void replace(VolumeRow row) {
    rows.put(row.id(), row);
  }

  /** What cannot be read back must not be written, or the host would not start again. */
  private static byte[] encoded(VolumeRow row) {
    byte[] bytes = row.encode();
    if (!VolumeRow.decode(bytes).equals(row)) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "the connection of '" + row.id() + "' is not valid")
          .reason("among the fields that are only carried are some that vmstore uses")
          .correction("make the connection of a connection_info, see docs/managed-volumes.md")
          .build();
    }
    return bytes;
  }

  private void requireOwnPaths(VolumeRow row) {
    for (VolumeRow other : rows.values()) {
      if (!other.id().equals(row.id()) && meet(other.connection(), row.connection())) {
        boolean attached = other.wwn() != null;
        throw VmStoreException.builder(
                attached ? ErrorCode.ALREADY_EXISTS : ErrorCode.BUSY,
                "cannot attach '" + row.id() + "'")
            .reason("a path of it is a path of volume '" + other.id() + "' of this host")
            .correction("use that id, or detach it first")
            .detail("volume", other.id())
            .build();
      }
    }
  }

  private static boolean meet(IscsiConnection first, IscsiConnection second) {
    return !Collections.disjoint(first.paths(), second.paths());
  }

  private void requireOwnDisk(VolumeRow row) {
    for (VolumeRow other : rows.values()) {
      if (!other.id().equals(row.id()) && row.wwn() != null && row.wwn().equals(other.wwn())) {
        throw VmStoreException.builder(ErrorCode.ALREADY_EXISTS, "cannot attach '" + row.id() + "'")
            .reason("its disk '" + row.wwn() + "' is volume '" + other.id() + "' of this host")
            .correction("use that id, or detach it first")
            .detail("volume", other.id())
            .build();
      }
    }
  }

  private void load(String key, byte[] bytes) {
    try {
      VolumeRow row = VolumeRow.decode(bytes);
      JsonFields.requireKey(key, row.id());
      replace(row);
    } catch (VmStoreException e) {
      throw Failures.unreadable(
          "the record '" + key + "' of the state store",
          "remove the volume's devices by hand and move it away; the host does not start without it",
          e);
    }
  }
}
