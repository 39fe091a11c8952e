package io.vmstore.examples.quickstart;

import io.vmstore.amqp.AmqpConfig;
import io.vmstore.amqp.AmqpTransport;
import io.vmstore.core.ComputeNode;
import io.vmstore.core.NasNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.state.FileStateStore;
import io.vmstore.local.LocalStorage;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.Transport;
import java.nio.file.Path;

/**
 * What one node would have on a machine of its own: a connection to the broker and a folder of
 * records.
 */
record Machine(NodeName name, Transport transport, StateStore store) implements AutoCloseable {
  static Machine of(String name, AmqpConfig broker, Path folder) {
    return new Machine(
        new NodeName(name),
        AmqpTransport.connect(broker),
        FileStateStore.open(folder.resolve("state-" + name)));
  }

  void startNas(PoolName pool, LocalStorage storage, SystemScheduler scheduler) {
    NasNode.builder(name, pool)
        .zvols(storage.zvolManager())
        .exporter(storage.targetExporter())
        .store(store)
        .scheduler(scheduler)
        .start()
        .serve(transport);
  }

  void startCompute(LocalStorage storage, SystemScheduler scheduler) {
    ComputeNode.builder(name)
        .connector(storage.connector(name))
        .store(store)
        .scheduler(scheduler)
        .start()
        .serve(transport);
  }

  @Override
  public void close() {
    transport.close();
    store.close();
  }
}
