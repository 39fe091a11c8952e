package io.vmstore.core.flow;

import io.vmstore.error.VmStoreException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Of which records a store may have another state than is known here: a write or a removal came
 * back with an unknown outcome. What is known is written again before anything is built on it, or
 * the other state would come back with the next start.
 *
 * <p>Thread safety: thread-safe, as long as one operation a record runs at a time.
 */
public final class Doubts<K> {
  private final Set<K> doubtful = ConcurrentHashMap.newKeySet();

  /** {@return whether what the store has of the record is not known} */
  public boolean about(K key) {
    return doubtful.contains(key);
  }

  /**
   * Writes or removes a record, after which there is no doubt about it, or a new one.
   *
   * @throws VmStoreException what the change threw
   */
  public void change(K key, Runnable change) {
    try {
      change.run();
      doubtful.remove(key);
    } catch (VmStoreException e) {
      if (e.outcomeUnknown()) {
        doubtful.add(key);
      }
      throw e;
    }
  }
}
