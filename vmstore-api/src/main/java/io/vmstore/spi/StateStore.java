package io.vmstore.spi;

import java.util.Map;

/**
 * Keeps small records durably, by key. What a record means is the role's business.
 *
 * <p>One process has a store open at a time. Implementations must pass {@code StateStoreContract}
 * of vmstore-testkit. Rules for all ports: see the package.
 */
public interface StateStore extends AutoCloseable {
  /**
   * {@return all records, by key} A record whose write never returned is there whole, in its older
   * form, or not at all.
   *
   * @throws io.vmstore.error.VmStoreException INTERNAL: a record that was acknowledged cannot be
   *     read back; the error names it, and nothing was changed
   */
  Map<String, byte[]> readAll();

  /**
   * Writes a record, replacing the one of that key. When the method returns, the record survives
   * the loss of power.
   *
   * <p>After a failure without {@code outcomeUnknown()} the record is what it was before.
   *
   * @param key 1 to 200 of {@code a-z A-Z 0-9 . _ - /}
   * @param value at most 64 KiB
   * @throws io.vmstore.error.VmStoreException RESOURCE_EXHAUSTED: the disk is full; UNAVAILABLE:
   *     the disk cannot be written
   */
  void write(String key, byte[] value);

  /** Removes a record, durably as {@link #write}. A key that is not there is success. */
  void remove(String key);

  @Override
  void close();
}
