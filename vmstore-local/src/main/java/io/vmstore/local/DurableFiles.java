package io.vmstore.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Small files of {@code name=value} lines that an operator can read, and what makes effects on a
 * folder survive the loss of power.
 */
final class DurableFiles {
  private DurableFiles() {}

  /** The effect is there, but it is not known to survive the loss of power. */
  static final class InDoubtException extends IOException {
    private static final long serialVersionUID = 1L;

    InDoubtException(IOException cause) {
      super(cause);
    }
  }

  /** Writes a file that is there whole or, after a failure, as it was before. */
  static void write(Path file, Map<String, String> fields) throws IOException {
    Path unfinished = unfinished(file);
    List<String> lines =
        new TreeMap<>(fields)
            .entrySet().stream().map(field -> field.getKey() + "=" + field.getValue()).toList();
    Files.write(unfinished, lines, UTF_8);
    force(unfinished);
    rename(unfinished, file);
  }

  /**
   * {@return where a file is made before it takes its name; a leading dot is in no name of ours}
   */
  static Path unfinished(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".new");
  }

  /** {@return the file's fields, or empty when there is no such file} */
  static Optional<Map<String, String>> read(Path file) throws IOException {
    Map<String, String> fields = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(file, UTF_8)) {
        int separator = line.indexOf('=');
        if (separator > 0) {
          fields.put(line.substring(0, separator), line.substring(separator + 1));
        }
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    return Optional.of(fields);
  }

  /** Renames within one folder: the effect other processes see, then its durability. */
  static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    forceEffectIn(to);
  }

  /** Removes a file, if there is one, and what a crash left of writing it. */
  static void remove(Path file) throws IOException {
    Files.deleteIfExists(unfinished(file));
    if (Files.deleteIfExists(file)) {
      forceEffectIn(file);
    }
  }

  /** Brings a file's or a folder's content to the disk: fsync(2). */
  static void force(Path path) throws IOException {
    // A folder cannot be opened for writing; fsync does not ask for it.
    StandardOpenOption option =
        Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, option)) {
      channel.force(true);
    }
  }

  private static void forceEffectIn(Path file) throws InDoubtException {
    try {
      force(file.resolveSibling("")); // the folder it is in
    } catch (IOException e) {
      throw new InDoubtException(e);
    }
  }
}
