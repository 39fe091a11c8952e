package io.vmstore.iscsi;

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

  /** Makes the link, or turns it in one step, so that nobody ever finds half a link or none. */
  void point(String id, Path node) throws IOException {
    if (leadsTo(id, node)) {
      return;
    }
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

  void remove(String id) throws IOException {
    if (Files.isSymbolicLink(of(id))) {
      Files.deleteIfExists(of(id));
    }
  }
}
