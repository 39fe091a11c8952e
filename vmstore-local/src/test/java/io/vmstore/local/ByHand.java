package io.vmstore.local;

import io.vmstore.model.ByteSize;
import io.vmstore.model.VolumeId;
import io.vmstore.testkit.contract.Holder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** What operators, guests and accidents do to the storage's folder behind its back. */
final class ByHand {
  private ByHand() {}

  /** A call on files, for methods that declare no exception. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }

  static <T> T unchecked(Call<T> call) {
    try {
      return call.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return this process, which has the file open until it is closed} */
  static Holder hold(Path file) {
    FileChannel channel = unchecked(() -> FileChannel.open(file));
    return new Holder(
        "(pid " + ProcessHandle.current().pid() + ")",
        () ->
            unchecked(
                () -> {
                  channel.close();
                  return channel;
                }));
  }

  /** Makes a volume's folder with its bytes, and no mark. */
  static void makeVolume(Path folder, ByteSize size) {
    unchecked(
        () -> {
          Path data = Files.createDirectory(folder).resolve("data");
          try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "rw")) {
            file.setLength(size.bytes());
          }
          return data;
        });
  }

  /** Gives the volume of that file another id. */
  static void remark(Path data) {
    String mark = "created=true\nid=" + VolumeId.random() + "\n";
    unchecked(() -> Files.writeString(data.resolveSibling("identity"), mark));
  }
}
