package io.vmstore.testkit.simulator;

import io.vmstore.ManagedVolumes;
import io.vmstore.core.ManagedHost;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.Transport;
import io.vmstore.spi.VolumeConnector;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A host that attaches volumes of arrays; whoever asks it is in the same process. */
final class HostMachine extends Machine {
  private @Nullable ManagedVolumes volumes;

  HostMachine(World world, SimulatedNetwork network, Trouble trouble, String name) {
    super(world, network, trouble, name);
  }

  @Override
  void run(SimulatedProcess life, Gate gate, StateStore store, Transport transport) {
    VolumeConnector connector =
        world.fabric.volumeConnector(name, () -> gate.maybeDie("between", "two changes"));
    volumes =
        ManagedHost.builder()
            .connector(
                gate.before(VolumeConnector.class, Defects.volumeConnector(world, connector)))
            .store(Defects.hostStore(world, store))
            .scheduler(life)
            .start()
            .volumes();
  }

  /** {@return the role as it is now; it dies with its process} */
  ManagedVolumes volumes() {
    return Objects.requireNonNull(volumes);
  }
}
