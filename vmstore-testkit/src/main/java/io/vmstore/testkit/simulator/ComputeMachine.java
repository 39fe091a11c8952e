package io.vmstore.testkit.simulator;

import io.vmstore.core.ComputeNode;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.Transport;

/** A compute node. */
final class ComputeMachine extends Machine {
  ComputeMachine(World world, SimulatedNetwork network, Trouble trouble, String name) {
    super(world, network, trouble, name);
  }

  @Override
  void run(SimulatedProcess life, Gate gate, StateStore store, Transport transport) {
    ComputeNode node =
        ComputeNode.builder(name)
            .connector(
                gate.before(
                    TargetConnector.class,
                    Defects.connector(world, world.fabric.targetConnector(name))))
            .store(store)
            .scheduler(life)
            .authorization(SimulatedNetwork.USERS)
            .start();
    awaitBroker(life, () -> node.serve(Defects.computeTransport(world, transport)));
  }
}
