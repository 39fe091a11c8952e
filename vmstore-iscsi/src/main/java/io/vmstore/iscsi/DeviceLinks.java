package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The stable links: one symbolic link a volume, named by its id, to the kernel's device. An id has
 * no slash and does not begin with a dot.
 */
final class DeviceLinks {
  private final Path directory;

  DeviceLinks(Path directory) {
    this.directory = directory;
  }

  Path of(String id) {
    if (id.startsWith(".") || id.contains("/")) {
      throw new IllegalArgumentException("not the name of a volume: '" + id + "'");
    }
    return directory.resolve(id);
  }

  boolean leadsTo(String id, Path node) {
    try {
      return Files.readSymbolicLink(of(id)).equals(node);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Makes the link, or turns it in one step, so that nobody ever finds half a link or none.
   *
   * @throws VmStoreException INTERNAL: the directory cannot be written to
   */
  void point(String id, Path node, Attempt attempt) {
    if (leadsTo(id, node)) {
      return;
    }
    try {
      turn(id, node);
    } catch (IOException e) {
      throw notWritable(id, e, attempt);
    }
  }

  private void turn(String id, Path node) throws IOException {
    Files.createDirectories(directory);
    // Calls for one volume never overlap, so the name is free but for what a crash left.
    Path fresh = directory.resolve("." + id + ".new");
    Files.deleteIfExists(fresh);
    try {
      Files.createSymbolicLink(fresh, node);
      Files.move(fresh, of(id), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /**
   * Removes the link when there is one.
   *
   * @throws VmStoreException INTERNAL: the directory cannot be written to
   */
  void remove(String id, Attempt attempt) {
    try {
      if (Files.isSymbolicLink(of(id))) {
        Files.deleteIfExists(of(id));
      }
    } catch (IOException e) {
      throw notWritable(id, e, attempt);
    }
  }

  private VmStoreException notWritable(String id, IOException e, Attempt attempt) {
    return attempt
        .failure(ErrorCode.INTERNAL)
        .reason("the link '" + of(id) + "' cannot be made or removed: " + e)
        .correction("make its directory writable for this process")
        .cause(e)
        .build();
  }
}
