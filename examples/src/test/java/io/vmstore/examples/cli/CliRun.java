package io.vmstore.examples.cli;

import io.vmstore.core.SystemScheduler;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.core.protocol.RequestDispatcher;
import io.vmstore.examples.broker.BrokerLogin;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.testkit.memory.MemoryNetwork;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the command line against nodes on a network in memory: the protocol is the real one. */
final class CliRun implements AutoCloseable {
  final FixedNodes nodes = new FixedNodes();
  final Map<String, String> environment =
      new HashMap<>(Map.of("VMSTORE_USER", "vmstore-operator", "VMSTORE_PASSWORD", "secret"));
  final List<BrokerLogin> logins = new ArrayList<>();

  private final SystemScheduler scheduler = SystemScheduler.create("testkit");
  private final MemoryNetwork network = new MemoryNetwork(scheduler);
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  CliRun() {
    network
        .transport(new NodeName("vmstore-nas-nas1"))
        .serve(
            new NodeName("nas1"),
            RequestDispatcher.forNas(
                nodes, new PoolName("tank"), scheduler, Authorization.standard()));
    network
        .transport(new NodeName("vmstore-compute-compute1"))
        .serve(
            new NodeName("compute1"),
            RequestDispatcher.forCompute(nodes, scheduler, Authorization.standard()));
  }

  int run(String... arguments) {
    out.reset();
    err.reset();
    Terminal terminal = new Terminal(stream(out), stream(err), false);
    Connector connector =
        (login, timeout) -> {
          logins.add(login);
          return network.transport(new NodeName(login.username()));
        };
    return new VmStoreCli(terminal, connector, environment).run(arguments);
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    scheduler.close();
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
