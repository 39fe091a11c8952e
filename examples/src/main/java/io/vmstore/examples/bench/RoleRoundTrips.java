package io.vmstore.examples.bench;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.amqp.AmqpConfig;
import io.vmstore.amqp.AmqpTransport;
import io.vmstore.core.ComputeNode;
import io.vmstore.core.SystemScheduler;
import io.vmstore.core.VmStore;
import io.vmstore.core.protocol.Authorization;
import io.vmstore.model.NodeName;
import io.vmstore.testkit.broker.RabbitMqServer;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.util.concurrent.CompletableFuture;

/**
 * Vmstore: a frontend asks a compute node for its initiator's name, through everything a request of
 * vmstore goes through: its JSON, the operation's id, who may ask and who may answer, how many are
 * in work, the role, deadlines. Two connections, as of two processes, each with its threads.
 */
final class RoleRoundTrips implements RoundTrips {
  private static final NodeName NODE = new NodeName("compute1");
  private static final Authorization GUEST = Authorization.ofOneUser(RabbitMqServer.GUEST);

  private final SystemScheduler scheduler = SystemScheduler.create("bench");
  private final AmqpTransport asking;
  private final AmqpTransport answering;
  private final ComputeService compute;

  RoleRoundTrips(RabbitMqServer broker) {
    AmqpConfig config =
        AmqpConfig.builder("127.0.0.1:" + broker.port(), RabbitMqServer.GUEST, RabbitMqServer.GUEST)
            .build();
    asking = AmqpTransport.connect(config);
    answering = AmqpTransport.connect(config, scheduler);
    ComputeNode.builder(NODE)
        .connector(new MemoryFabric().targetConnector(NODE))
        .store(new MemoryStateStore())
        .scheduler(scheduler)
        .authorization(GUEST)
        .start()
        .serve(answering);
    compute = VmStore.over(asking, GUEST).compute(NODE);
  }

  @Override
  public String name() {
    return "vmstore";
  }

  @Override
  public CompletableFuture<?> ask() {
    return compute.initiator(CallOptions.within(Peer.PATIENCE));
  }

  @Override
  public void close() {
    asking.close();
    answering.close();
    scheduler.close();
  }
}
