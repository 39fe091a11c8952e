package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.StateStore;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Records in memory, on a "disk" that outlives the store: {@link #reopen} is the restart of a
 * process. Thread safety: thread-safe.
 */
public final class MemoryStateStore implements StateStore {
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._/-]{1,200}");
  private static final int LONGEST_VALUE = 64 * 1024;

  private final PortLifecycle lifecycle = new PortLifecycle("state store");

  /** Guarded by itself; shared with the store that follows this one. */
  private final Map<String, byte[]> disk;

  /** Makes an empty store. */
  public MemoryStateStore() {
    this(new HashMap<>());
  }

  private MemoryStateStore(Map<String, byte[]> disk) {
    this.disk = disk;
  }

  /** Closes this store, as the death of its process would, and opens its records again. */
  public MemoryStateStore reopen() {
    close();
    return new MemoryStateStore(disk);
  }

  @Override
  public Map<String, byte[]> readAll() {
    lifecycle.enter("cannot read the records");
    Map<String, byte[]> copy = new TreeMap<>();
    synchronized (disk) {
      disk.forEach((key, value) -> copy.put(key, value.clone()));
    }
    return copy;
  }

  @Override
  public void write(String key, byte[] value) {
    String problem = "cannot write record '" + key + "'";
    lifecycle.enter(problem);
    checkKey(key, problem);
    if (value.length > LONGEST_VALUE) {
      throw invalid(problem, "it has " + value.length + " bytes, more than " + LONGEST_VALUE);
    }
    synchronized (disk) {
      disk.put(key, value.clone());
    }
  }

  @Override
  public void remove(String key) {
    String problem = "cannot remove record '" + key + "'";
    lifecycle.enter(problem);
    checkKey(key, problem);
    synchronized (disk) {
      disk.remove(key);
    }
  }

  private static void checkKey(String key, String problem) {
    if (!KEY.matcher(key).matches()) {
      throw invalid(problem, "a key is 1 to 200 of 'a-z A-Z 0-9 . _ - /'");
    }
  }

  private static VmStoreException invalid(String problem, String reason) {
    return VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, problem).reason(reason).build();
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
