package io.vmstore.examples.daemon;

import io.vmstore.core.NasNode;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.ZvolManager;

/** {@code vmstore-nas}: a NAS on ZFS and LIO, or on files. */
public final class NasDaemon implements Daemon.Role {
  private final NasSettings settings;

  private NasDaemon(NasSettings settings) {
    this.settings = settings;
  }

  /**
   * Runs until SIGTERM; the argument is the path of the configuration file. After {@code --release}
   * it only gives the pools free.
   */
  public static void main(String[] arguments) {
    if (arguments.length == 2 && arguments[0].equals("--release")) {
      Release.run(arguments[1]);
      return;
    }
    Daemon.run("vmstore-nas", arguments, file -> new NasDaemon(NasSettings.read(file)));
  }

  @Override
  public NodeSettings node() {
    return settings.node();
  }

  @Override
  public Daemon.Started start(Resources resources, Scheduler scheduler) {
    NasStorage storage = NasStorage.open(settings, resources);
    NasNode nas =
        NasNode.builder(settings.node().name(), settings.pools().get(0))
            .scheduler(scheduler)
            .stores(storage.stores())
            .zvols(Ports.watched(storage.zvols(), ZvolManager.class, "zvols"))
            .exporter(Ports.watched(storage.exporter(), TargetExporter.class, "exporter"))
            .authorization(settings.node().authorization())
            .legacyPeers(settings.legacyPeers())
            .start();
    return new Daemon.Started(nas.recovered(), nas::serve);
  }
}
