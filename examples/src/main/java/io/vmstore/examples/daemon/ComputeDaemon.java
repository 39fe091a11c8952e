package io.vmstore.examples.daemon;

import io.vmstore.core.ComputeNode;
import io.vmstore.core.state.FileStateStore;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.Transport;
import java.util.concurrent.CompletableFuture;

/** {@code vmstore-compute}: a compute node with open-iscsi, or with files. */
public final class ComputeDaemon implements Daemon.Role {
  private final ComputeSettings settings;
  private final ComputeNode.Builder compute;

  private ComputeDaemon(ComputeSettings settings) {
    this.settings = settings;
    this.compute = ComputeNode.builder(settings.node().name());
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
  public void open(Resources resources, Scheduler scheduler) {
    compute
        .scheduler(scheduler)
        .store(
            Ports.watched(
                resources.add(FileStateStore.open(settings.node().stateDirectory())),
                StateStore.class,
                "store"))
        .connector(
            Ports.watched(
                ComputeStorage.connector(settings, resources), TargetConnector.class, "connector"));
  }

  @Override
  public CompletableFuture<Void> start(Transport transport) {
    return compute
        .transport(transport)
        .authorization(settings.node().authorization())
        .start()
        .recovered();
  }
}
