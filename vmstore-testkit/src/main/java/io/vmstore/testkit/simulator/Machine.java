package io.vmstore.testkit.simulator;

import io.vmstore.model.NodeName;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.Transport;
import java.time.Duration;

/** A NAS or a compute node: its disk and its kernel stay while its daemon comes and goes. */
abstract class Machine {
  private static final Duration SHORT_BREAK = Duration.ofMillis(200);
  private static final Duration LONG_BREAK = Duration.ofSeconds(20);
  private static final double LATE = 0.2;
  private static final Duration LATEST = Duration.ofSeconds(20);

  final World world;
  final NodeName name;
  private final SimulatedNetwork network;
  private final Trouble trouble;
  private final SimulatedDisk disk;
  private SimulatedProcess process;

  Machine(World world, SimulatedNetwork network, Trouble trouble, String name) {
    this.world = world;
    this.network = network;
    this.trouble = trouble;
    this.name = new NodeName(name);
    this.disk = new SimulatedDisk(world);
    this.process = newProcess();
  }

  private SimulatedProcess newProcess() {
    return new SimulatedProcess(world, name.value(), this::died);
  }

  /** Starts the daemon; it may die while it starts, too. */
  final void start() {
    process = newProcess();
    try {
      Gate gate = new Gate(world, process, trouble);
      run(
          process,
          gate,
          gate.before(StateStore.class, disk.open()),
          network.transport(process, name.value()));
    } catch (SimulatedProcess.Dead e) {
      // it is started again
    } catch (RuntimeException e) {
      process.die("at its start: " + e.getMessage());
    }
  }

  /** Wires the role. */
  abstract void run(SimulatedProcess life, Gate gate, StateStore store, Transport transport);

  /** {@return by how much something that the daemon needs comes after it; mostly it is there} */
  final Duration lateness() {
    boolean late = world.troubled && world.chance.of(LATE);
    return late ? world.chance.between(Duration.ZERO, LATEST) : Duration.ZERO;
  }

  /** Has the node serve once there is a broker. */
  final void awaitBroker(SimulatedProcess life, Runnable serve) {
    Duration lateness = lateness();
    if (lateness.isZero()) {
      serve.run();
    } else {
      life.schedule(serve, lateness);
    }
  }

  final boolean alive() {
    return process.alive();
  }

  final void kill() {
    process.die("from outside");
  }

  final void cutPower() {
    world.note("{}: loses power", name);
    process.die("by the loss of power");
    disk.losePower();
    world.fabric.loseKernelState(name);
  }

  private void died() {
    network.forget(process);
    world.clock.schedule(this::startUnlessUp, world.chance.between(SHORT_BREAK, LONG_BREAK));
  }

  private void startUnlessUp() {
    if (!process.alive()) {
      world.note("{}: starts", name);
      start();
    }
  }
}
