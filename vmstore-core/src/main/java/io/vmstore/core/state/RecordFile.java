package io.vmstore.core.state;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The form of a record's file: one line {@code vmstore-record 1 LENGTH CRC32C}, then the value as
 * it is, so that an operator can read it. The checksum is Castagnoli's (RFC 3720, B.4).
 */
final class RecordFile {
  private static final String HEADER = "vmstore-record 1 ";

  private RecordFile() {}

  static byte[] encode(byte[] value) {
    byte[] header = header(value);
    byte[] file = Arrays.copyOf(header, header.length + value.length);
    System.arraycopy(value, 0, file, header.length, value.length);
    return file;
  }

  /**
   * {@return the value in the file's bytes}
   *
   * @throws VmStoreException INTERNAL when they are not what {@link #encode} made
   */
  static byte[] decode(Path file, byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    byte[] value =
        end < bytes.length ? Arrays.copyOfRange(bytes, end + 1, bytes.length) : new byte[0];
    if (!Arrays.equals(Arrays.copyOf(bytes, Math.min(end + 1, bytes.length)), header(value))) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, "record file '" + file + "' is damaged")
          .reason("its first line does not agree with the " + value.length + " bytes after it")
          .correction(
              "restore the file from a backup, or move it away and repair its volume by hand")
          .build();
    }
    return value;
  }

  private static byte[] header(byte[] value) {
    CRC32C checksum = new CRC32C();
    checksum.update(value);
    String line = HEADER + value.length + " " + String.format("%08x", checksum.getValue()) + "\n";
    return line.getBytes(StandardCharsets.US_ASCII);
  }
}
