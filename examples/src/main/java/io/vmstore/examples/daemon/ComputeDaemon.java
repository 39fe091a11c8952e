package io.vmstore.examples.daemon;

import io.vmstore.core.ComputeNode;
import io.vmstore.core.state.FileStateStore;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;

/** {@code vmstore-compute}: a compute node with open-iscsi, or with files. */
public final class ComputeDaemon implements Daemon.Role {
  private final ComputeSettings settings;

  private ComputeDaemon(ComputeSettings settings) {
    this.settings = settings;
  }

  /** Runs until SIGTERM; the argument is the path of the configuration file. */
  public static void main(String[] arguments) {
    Daemon.run("vmstore-compute", arguments, file -> new ComputeDaemon(ComputeSettings.read(file)));
  }

  @Override
  public NodeSettings node() {
    return settings.node();
  }

  @Override
  public Daemon.Started start(Resources resources, Scheduler scheduler) {
    StateStore store = resources.add(FileStateStore.open(settings.node().stateDirectory()));
    TargetConnector connector = ComputeStorage.connector(settings, resources);
    ComputeNode compute =
        ComputeNode.builder(settings.node().name())
            .scheduler(scheduler)
            .store(Ports.watched(store, StateStore.class, "store"))
            .connector(Ports.watched(connector, TargetConnector.class, "connector"))
            .authorization(settings.node().authorization())
            .start();
    return new Daemon.Started(compute.recovered(), compute::serve);
  }
}
