package io.vmstore.local;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where things lie below the storage's folder:
 *
 * <pre>
 * lock                            the file whose ranges processes lock
 * pools/tank/vm-17/               a volume: its bytes (data) and what it is (identity)
 * targets/VOLUME-ID               a grant: which initiator may connect the volume, for which mapping
 * nodes/compute-1/devices/VOLUME-ID   a session: a link to the device
 * </pre>
 *
 * The names come from values that admit no {@code /} and no leading dot, so none climbs out of its
 * folder, and names with a leading dot are free for work in progress.
 *
 * @param root the storage's folder, as the kernel knows it: without links
 */
record Layout(Path root) {
  Path lock() {
    return root.resolve("lock");
  }

  Path pools() {
    return root.resolve("pools");
  }

  Path pool(PoolName pool) {
    return pools().resolve(pool.value());
  }

  VolumeFolder volume(ZvolName name) {
    return new VolumeFolder(pool(name.pool()).resolve(name.name()));
  }

  Path targets() {
    return root.resolve("targets");
  }

  Path nodes() {
    return root.resolve("nodes");
  }

  Path devices(NodeName node) {
    return nodes().resolve(node.value()).resolve("devices");
  }

  Path device(NodeName node, VolumeId id) {
    return devices(node).resolve(id.toString());
  }

  /** {@return the names in a folder that can be parsed; no folder has none} */
  static <T> List<T> names(Path folder, Function<String, T> parser) throws IOException {
    List<T> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        parsed(entry, parser).ifPresent(names::add);
      }
    } catch (NoSuchFileException e) {
      return names;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  private static <T> Optional<T> parsed(Path entry, Function<String, T> parser) {
    try {
      return Optional.of(parser.apply(entry.getFileName().toString()));
    } catch (VmStoreException e) {
      return Optional.empty(); // work in progress, or put there by somebody else
    }
  }
}
