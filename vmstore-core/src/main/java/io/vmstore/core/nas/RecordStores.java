package io.vmstore.core.nas;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.PoolName;
import io.vmstore.spi.StateStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a NAS keeps its records: in one store for all pools, or in each pool a store of its own,
 * which goes with the pool to another NAS. A pool that is not there yet is read when it comes;
 * before that nothing is known of its volumes, so nothing may be said or done about them.
 *
 * <p>Thread safety: thread-safe.
 */
public final class RecordStores {
  private final @Nullable StateStore shared;
  private final Set<PoolName> pools;
  private final Function<PoolName, StateStore> opener;
  private final Map<PoolName, StateStore> opened = new HashMap<>();
  private final Map<PoolName, StateStore> read = new ConcurrentHashMap<>();

  private RecordStores(
      @Nullable StateStore shared, Set<PoolName> pools, Function<PoolName, StateStore> opener) {
    this.shared = shared;
    this.pools = Set.copyOf(pools);
    this.opener = opener;
  }

  /** {@return one store, open already, for all pools} */
  public static RecordStores shared(StateStore store) {
    return new RecordStores(store, Set.of(), pool -> store);
  }

  /**
   * {@return a store in each pool}
   *
   * @param opener opens a pool's store, and fails, to be asked again later, as long as the pool is
   *     not there; it may block for some seconds
   */
  public static RecordStores inPools(Set<PoolName> pools, Function<PoolName, StateStore> opener) {
    return new RecordStores(null, pools, opener);
  }

  /**
   * Opens the stores of all pools now, so that no other process can.
   *
   * @throws VmStoreException what the opener threw; FAILED_PRECONDITION when another process has
   *     one open
   */
  public synchronized void open() {
    pools.forEach(pool -> opened.computeIfAbsent(pool, opener));
  }

  /** Reads what can be read at once: the shared store. */
  void readShared(Consumer<Map<String, byte[]>> reader) {
    if (shared != null) {
      reader.accept(shared.readAll());
    }
  }

  /** {@return the pools whose records have not been read, in order} */
  List<PoolName> unread() {
    return pools.stream()
        .filter(pool -> !read.containsKey(pool))
        .sorted((one, other) -> one.value().compareTo(other.value()))
        .toList();
  }

  /** Reads a pool's records, once. */
  synchronized void read(PoolName pool, Consumer<Map<String, byte[]>> reader) {
    if (read.containsKey(pool)) {
      return; // and changed since, perhaps
    }
    StateStore store = opened.computeIfAbsent(pool, opener);
    Map<String, byte[]> records = store.readAll();
    requireOf(pool, records.keySet().stream());
    reader.accept(records);
    read.put(pool, store);
  }

  /** An import can give a pool another name, and the volumes another one with it. */
  private static void requireOf(PoolName pool, Stream<String> keys) {
    keys.filter(key -> !key.startsWith(pool + "/"))
        .findFirst()
        .ifPresent(
            key -> {
              throw VmStoreException.builder(
                      ErrorCode.FAILED_PRECONDITION,
                      "cannot use the records in pool '" + pool + "'")
                  .reason("the record '" + key + "' is of another pool")
                  .correction("import the pool under the name that its records have")
                  .build();
            });
  }

  /**
   * {@return the store of a pool's records}
   *
   * @throws VmStoreException NOT_FOUND: the pool is not served here; UNAVAILABLE: its records have
   *     not been read
   */
  StateStore of(PoolName pool) {
    if (shared != null) {
      return shared;
    }
    StateStore store = read.get(pool);
    if (store != null) {
      return store;
    }
    String problem = "cannot use pool '" + pool + "'";
    if (!pools.contains(pool)) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
          .reason("it is not served here")
          .correction("name one of " + new TreeSet<>(pools.stream().map(PoolName::value).toList()))
          .build();
    }
    throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
        .reason("its records have not been read yet")
        .correction("import the pool here; 'vmstore reconcile' of this NAS says what is amiss")
        .build();
  }
}
