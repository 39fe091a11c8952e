package io.vmstore.examples.daemon;

import io.vmstore.core.nas.RecordStores;
import io.vmstore.core.state.FileStateStore;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.spi.StateStore;
import io.vmstore.zfs.StateDatasets;
import io.vmstore.zfs.ZfsConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;

/**
 * Where a NAS keeps its records.
 *
 * @param directory the folder it was given
 * @param resources closes what is opened
 */
record NasRecords(Path directory, Resources resources) {
  /** What mounting may take; a pool that is not there is known at once. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** In the folder, for all pools. */
  RecordStores inFiles() {
    return RecordStores.shared(open(directory));
  }

  /** In a file system of each pool, mounted under the folder. */
  RecordStores inPools(ZfsConfig config, CommandRunner programs) {
    refuseForgotten();
    StateDatasets datasets = new StateDatasets(config, programs, directory.resolve("pools"));
    return RecordStores.inPools(config.pools(), pool -> open(folder(datasets, pool)));
  }

  private Path folder(StateDatasets datasets, PoolName pool) {
    Path mounted = datasets.mounted(pool, Deadline.after(PATIENCE));
    resources.add(() -> datasets.unmount(pool, Deadline.after(PATIENCE)));
    return mounted.resolve("records");
  }

  private StateStore open(Path folder) {
    return Ports.watched(resources.add(FileStateStore.open(folder)), StateStore.class, "store");
  }

  /** Whoever does not know of a mapping gives its volume to a second host. */
  private void refuseForgotten() {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> records = Files.newDirectoryStream(directory, "*.record")) {
      Iterator<Path> first = records.iterator();
      if (first.hasNext()) {
        throw refused("it has records of mappings, such as '" + first.next() + "'");
      }
    } catch (IOException e) {
      throw refused("it cannot be read: " + e);
    }
  }

  private VmStoreException refused(String reason) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION,
            "cannot keep the records in the pools and forget those in '" + directory + "'")
        .reason(reason)
        .correction(
            "set 'state.storage = files', or move the files of each pool to"
                + " 'pools/POOL/records' in that folder while POOL/.vmstore is mounted there")
        .build();
  }
}
