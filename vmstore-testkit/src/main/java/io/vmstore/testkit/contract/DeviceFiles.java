package io.vmstore.testkit.contract;

import io.vmstore.model.DevicePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/** Bytes at the beginning of devices that are files of this machine. */
final class DeviceFiles {
  private DeviceFiles() {}

  static void write(DevicePath device, byte[] bytes) {
    try (FileChannel channel = FileChannel.open(device.toPath(), StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] read(DevicePath device, int length) {
    try (FileChannel channel = FileChannel.open(device.toPath(), StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(length);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new IOException("'" + device + "' ends after " + buffer.position() + " bytes");
        }
      }
      return buffer.array();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
