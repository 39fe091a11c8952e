package io.vmstore.testkit.simulator;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import io.vmstore.testkit.simulator.Volume.Disk;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A host that is no compute node: it logs in to what is exposed to it, and nobody asks it. */
final class ForeignHost {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  final NodeName name = new NodeName("host9");
  private final World world;
  private final TargetConnector connector;

  ForeignHost(World world) {
    this.world = world;
    this.connector = world.fabric.targetConnector(name);
  }

  Iqn initiator() {
    return connector.initiator();
  }

  /** Logs in, unless the target cannot be reached now. */
  void logIn(Volume volume) {
    Exposure exposure = volume.exposure;
    if (exposure == null || volume.login != null) {
      return;
    }
    try {
      ConnectedDevice device =
          connector.connect(exposure.target(), exposure.id(), exposure.chap(), soon());
      volume.login = new Disk(name, device.stablePath(), exposure.generation());
      volume.loggedIn = exposure;
    } catch (VmStoreException e) {
      world.note("{}: cannot log in to {} now", name, volume.name);
    }
  }

  void logOut(Volume volume) {
    Exposure before = volume.loggedIn;
    if (before != null) {
      connector.disconnect(before.target(), before.id(), soon());
    }
    volume.login = null;
    volume.loggedIn = null;
  }

  /** {@return the size it sees; null when it cannot look now} */
  @Nullable ByteSize look(Volume volume, ByteSize size) {
    Exposure exposure = volume.loggedIn;
    try {
      return exposure == null
          ? null
          : connector.extend(exposure.target(), exposure.id(), size, soon()).size();
    } catch (VmStoreException e) {
      return null;
    }
  }

  private Deadline soon() {
    return Deadline.after(PATIENCE, world.clock::nanoTime);
  }
}
