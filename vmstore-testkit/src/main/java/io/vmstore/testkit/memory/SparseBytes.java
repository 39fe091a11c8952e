package io.vmstore.testkit.memory;

import java.util.HashMap;
import java.util.Map;

/** The bytes of a disk that is mostly empty: what was never written reads as zeros. */
final class SparseBytes {
  private static final int BLOCK = 4096;

  private final Map<Long, byte[]> blocks = new HashMap<>();

  void write(long offset, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      long at = offset + i;
      blocks.computeIfAbsent(at / BLOCK, block -> new byte[BLOCK])[(int) (at % BLOCK)] = bytes[i];
    }
  }

  byte[] read(long offset, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      long at = offset + i;
      byte[] block = blocks.get(at / BLOCK);
      bytes[i] = block == null ? 0 : block[(int) (at % BLOCK)];
    }
    return bytes;
  }
}
