package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import java.util.Locale;

/** A disk behind a LUN. Guarded by the monitor of {@link FabricState}. */
interface MemoryDisk {
  String wwn();

  String serial();

  ByteSize size();

  SparseBytes content();

  /** Whether it does not appear on whoever looks for it. */
  boolean hidden();

  /** A disk of an array. */
  final class OfArray implements MemoryDisk {
    private final String serial;
    private final String wwn;
    private final SparseBytes content = new SparseBytes();
    ByteSize size;
    boolean hidden;

    OfArray(int number, ByteSize size) {
      this.serial = String.format(Locale.ROOT, "array-%06d", number);
      this.wwn = String.format(Locale.ROOT, "36000000%025x", number);
      this.size = size;
    }

    @Override
    public String wwn() {
      return wwn;
    }

    @Override
    public String serial() {
      return serial;
    }

    @Override
    public ByteSize size() {
      return size;
    }

    @Override
    public SparseBytes content() {
      return content;
    }

    @Override
    public boolean hidden() {
      return hidden;
    }
  }

  /** The disk that a NAS of vmstore shows of a volume. */
  record OfExport(MemoryExport export) implements MemoryDisk {
    /** As LIO makes it: its own number, then the hexadecimal digits of the serial. */
    @Override
    public String wwn() {
      String digits = export.serial.replaceAll("[^0-9a-f]", "") + "0".repeat(25);
      return "36001405" + digits.substring(0, 25);
    }

    @Override
    public String serial() {
      return export.serial;
    }

    @Override
    public ByteSize size() {
      return export.volume.size;
    }

    @Override
    public SparseBytes content() {
      return export.volume.content;
    }

    @Override
    public boolean hidden() {
      return export.hidden;
    }
  }
}
