package io.vmstore.examples.daemon;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter.OpenSessions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * {@code vmstore-nas --release}: ends the exports of a NAS whose daemon has stopped, so that its
 * pools can be exported to another one. The records stay as they are, so a daemon that starts, here
 * or there, exports all of it again.
 */
final class Release {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private Release() {}

  /**
   * Runs to the end of the process; the exit code is 0, 1 when something stayed, 2 when the
   * configuration is wrong.
   */
  @SuppressWarnings("SystemOut")
  static void run(String file) {
    Daemon.configured("vmstore-nas", () -> NasSettings.read(Path.of(file)))
        .ifPresent(
            settings -> {
              try {
                int ended = release(settings);
                System.out.println("ended " + ended + " exports; the pools can be exported");
              } catch (VmStoreException e) {
                Daemon.fail(e, "vmstore-nas", 1);
              }
            });
  }

  /** With the records open no daemon can have them open, and begin to export again. */
  private static int release(NasSettings settings) {
    Resources resources = new Resources();
    try {
      NasStorage storage = NasStorage.open(settings, resources);
      storage.stores().open();
      Deadline deadline = Deadline.after(PATIENCE);
      List<Export> exports = storage.exporter().list(deadline);
      exports.forEach(
          export -> storage.exporter().unexport(export.volume(), OpenSessions.END, deadline));
      return exports.size();
    } finally {
      resources.close();
    }
  }
}
