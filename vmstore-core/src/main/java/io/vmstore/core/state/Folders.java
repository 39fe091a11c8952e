package io.vmstore.core.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes folders that are still there after a power cut. */
final class Folders {
  /** Forces what a folder lists to the disk. */
  @FunctionalInterface
  interface Force {
    void folder(Path folder) throws IOException;
  }

  private Folders() {}

  /**
   * Makes the folder, and those above it, readable by their owner only, unless they are there. A
   * folder is durable only once the one that lists it is forced.
   */
  static void create(Path folder, Force force) throws IOException {
    List<Path> changed = new ArrayList<>();
    @Nullable Path above = folder.toAbsolutePath();
    while (above != null && Files.notExists(above)) {
      above = above.getParent();
      if (above != null) {
        changed.add(above);
      }
    }
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (Path parent : changed) {
      force.folder(parent);
    }
  }
}
