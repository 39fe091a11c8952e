package io.vmstore.core.state;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.StateStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Keeps each record in a file of its own. A write goes to a temporary file, is forced to the disk,
 * takes the record's name by an atomic rename, and the folder is forced too; so a record is always
 * whole, old or new. A checksum tells a damaged one.
 *
 * <p>Obtained from {@link #open}. The folder belongs to one process: a second one is refused.
 * Thread safety: thread-safe; writes of different records do not wait for one another.
 */
public final class FileStateStore implements StateStore {
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9._/-]{1,200}");
  private static final int LARGEST_VALUE = 64 * 1024;
  private static final String SUFFIX = ".record";
  private static final String TEMPORARY = ".new";
  private static final String LOCK = "lock";

  /** A record may have secrets in it, and the folder may be somebody's who lets others in. */
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path folder;
  private final FileChannel lockChannel;
  private volatile boolean closed;

  private FileStateStore(Path folder, FileChannel lockChannel) {
    this.folder = folder;
    this.lockChannel = lockChannel;
  }

  /**
   * Opens the store in a folder, which is made, readable by its owner only, when it is not there.
   *
   * @throws VmStoreException FAILED_PRECONDITION: another process has it open; UNAVAILABLE: the
   *     folder cannot be used
   */
  public static FileStateStore open(Path folder) {
    try {
      Folders.create(folder, FileStateStore::force);
      FileStateStore store = new FileStateStore(folder, lock(folder));
      store.removeTorn();
      return store;
    } catch (IOException e) {
      throw failed("open the state store", folder, e, false);
    }
  }

  private static FileChannel lock(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // held by this very process: refused as any other
    }
    channel.close();
    throw VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "cannot open the state store '" + folder + "'")
        .reason("another process has it open")
        .correction("stop the other daemon, or give each its own state.directory")
        .build();
  }

  /** A file whose write did not come to its rename was never acknowledged. */
  private void removeTorn() throws IOException {
    try (DirectoryStream<Path> torn = Files.newDirectoryStream(folder, "*" + TEMPORARY)) {
      for (Path file : torn) {
        Files.delete(file);
      }
    }
  }

  @Override
  public Map<String, byte[]> readAll() {
    requireOpen();
    Map<String, byte[]> records = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        String key = name.substring(0, name.length() - SUFFIX.length()).replace('@', '/');
        records.put(key, RecordFile.decode(file, readBounded(file)));
      }
    } catch (IOException e) {
      throw failed("read the state store", folder, e, false);
    }
    return records;
  }

  /** What is longer than any record of ours is damaged, and not worth the memory to say so. */
  private static byte[] readBounded(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(2 * LARGEST_VALUE);
    }
  }

  @Override
  public void write(String key, byte[] value) {
    requireOpen();
    requireSize(key, value);
    Path file = file(key);
    Path temporary = folder.resolve(file.getFileName() + TEMPORARY);
    try {
      writeForced(temporary, RecordFile.encode(value));
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      discard(temporary);
      throw failed("write record '" + key + "'", file, e, false);
    }
    forceFolder("write record '" + key + "'");
  }

  @Override
  public void remove(String key) {
    requireOpen();
    try {
      Files.delete(file(key));
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw failed("remove record '" + key + "'", file(key), e, false);
    }
    forceFolder("remove record '" + key + "'");
  }

  @Override
  public void close() {
    closed = true;
    try {
      lockChannel.close();
    } catch (IOException e) {
      throw failed("close the state store", folder, e, false);
    }
  }

  private static void writeForced(Path file, byte[] content) throws IOException {
    Files.deleteIfExists(file); // one that is there keeps its permissions
    try (FileChannel channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  /** The rename itself is durable only once the folder is. */
  private void forceFolder(String what) {
    try {
      force(folder);
    } catch (IOException e) {
      throw failed(what, folder, e, true);
    }
  }

  private static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // the next opening removes it
    }
  }

  private Path file(String key) {
    if (!KEY.matcher(key).matches()) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "record key '" + key + "' is not valid")
          .reason("a key is 1 to 200 letters, digits, '.', '_', '/' or '-'")
          .build();
    }
    return folder.resolve(key.replace('/', '@') + SUFFIX);
  }

  private static void requireSize(String key, byte[] value) {
    if (value.length > LARGEST_VALUE) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "record '" + key + "' is too large")
          .reason(value.length + " bytes are more than " + LARGEST_VALUE)
          .build();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw VmStoreException.builder(
              ErrorCode.UNAVAILABLE, "the state store '" + folder + "' is closed")
          .correction("the node is shutting down; call it when it is back")
          .build();
    }
  }

  private static VmStoreException failed(
      String what, Path where, IOException cause, boolean outcomeUnknown) {
    if (cause instanceof ClosedByInterruptException) {
      // The channel has left the interrupt flag set.
      return VmStoreException.builder(ErrorCode.CANCELLED, "cannot " + what)
          .reason("the thread was interrupted")
          .correction("repeat the call, if the node is not shutting down")
          .outcomeUnknown(outcomeUnknown)
          .cause(cause)
          .build();
    }
    boolean full =
        cause.getMessage() != null
            && !(cause instanceof AtomicMoveNotSupportedException)
            && cause.getMessage().toLowerCase(Locale.ROOT).contains("no space left");
    return VmStoreException.builder(
            full ? ErrorCode.RESOURCE_EXHAUSTED : ErrorCode.UNAVAILABLE, "cannot " + what)
        .reason("'" + where + "': " + cause)
        .correction(
            full ? "free space on that file system" : "check that file system and its permissions")
        .outcomeUnknown(outcomeUnknown)
        .cause(cause)
        .build();
  }
}
