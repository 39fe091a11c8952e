package io.vmstore.testkit.simulator;

import io.vmstore.spi.StateStore;
import java.util.Map;
import java.util.TreeMap;

/** The records of one machine: they outlive its processes, and its power. */
final class SimulatedDisk {
  private final World world;
  private final Map<String, byte[]> durable = new TreeMap<>();
  private Map<String, byte[]> cached = new TreeMap<>();

  SimulatedDisk(World world) {
    this.world = world;
  }

  /** The power goes: what was only cached is lost. */
  void losePower() {
    cached = new TreeMap<>(durable);
  }

  private void sync() {
    durable.clear();
    durable.putAll(cached);
  }

  StateStore open() {
    return new StateStore() {
      @Override
      public Map<String, byte[]> readAll() {
        return new TreeMap<>(cached);
      }

      @Override
      public void write(String key, byte[] value) {
        syncIfDefect();
        cached.put(key, value.clone());
        syncUnlessDefect();
      }

      @Override
      public void remove(String key) {
        syncIfDefect();
        cached.remove(key);
        syncUnlessDefect();
      }

      @Override
      public void close() {}
    };
  }

  /** With the defect, only what came before the latest change is on the disk. */
  private void syncIfDefect() {
    if (world.has(Defect.STORE_ACKNOWLEDGED_BEFORE_FSYNC)) {
      sync();
    }
  }

  private void syncUnlessDefect() {
    if (!world.has(Defect.STORE_ACKNOWLEDGED_BEFORE_FSYNC)) {
      sync();
    }
  }
}
