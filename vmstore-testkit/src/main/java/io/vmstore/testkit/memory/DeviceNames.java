package io.vmstore.testkit.memory;

import io.vmstore.model.DevicePath;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The names of a machine's disks. Guarded by the monitor of {@link FabricState}. */
final class DeviceNames {
  private final BitSet used = new BitSet();
  private final Map<DevicePath, Integer> numbers = new HashMap<>();

  /** {@return the lowest free name, as in the kernel: so a name is used again by another disk} */
  DevicePath take() {
    int number = used.nextClearBit(0);
    DevicePath path = new DevicePath("/dev/sd" + letters(number));
    used.set(number);
    numbers.put(path, number);
    return path;
  }

  void free(DevicePath path) {
    Integer number = numbers.remove(path);
    if (number != null) {
      used.clear(number);
    }
  }

  private static String letters(int number) {
    String last = String.valueOf((char) ('a' + number % 26));
    return number < 26 ? last : letters(number / 26 - 1) + last;
  }
}
