package io.vmstore.local;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** A storage with one pool, and the short forms of what tests do with it. */
final class Fixture implements AutoCloseable {
  static final PoolName TANK = new PoolName("tank");
  static final ZvolName VOL1 = new ZvolName(TANK, "vol1");
  static final ByteSize SIZE = ByteSize.mebibytes(1);

  /** The number of the mapping that volumes are exported for, unless a test says another. */
  static final long GENERATION = 7;

  final Path directory;
  final LocalStorage storage;

  Fixture(Path directory) {
    this(directory, LoopDevices.NEVER);
  }

  Fixture(Path directory, LoopDevices use) {
    this(LocalStorage.open(LocalConfig.in(directory, TANK).withLoopDevices(use)), directory);
  }

  Fixture(LocalStorage storage, Path directory) {
    this.storage = storage;
    this.directory = directory;
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(30));
  }

  static VolumeId idOf(Zvol zvol) {
    return zvol.id().orElseThrow();
  }

  static FileChannel hold(DevicePath device) throws IOException {
    return FileChannel.open(device.toPath(), StandardOpenOption.WRITE);
  }

  Path folder(ZvolName zvol) {
    return directory.resolve("pools").resolve(zvol.pool().value()).resolve(zvol.name());
  }

  TargetConnector connector(String node) {
    return storage.connector(new NodeName(node));
  }

  Zvol create(String name) {
    return storage.zvolManager().ensure(new ZvolName(TANK, name), VolumeId.random(), SIZE, soon());
  }

  Export export(Zvol zvol, String node) {
    return export(zvol, GENERATION, node);
  }

  Export export(Zvol zvol, long generation, String node) {
    return storage
        .targetExporter()
        .export(
            zvol, idOf(zvol), generation, Admission.byName(connector(node).initiator()), soon());
  }

  static Target targetOf(Zvol zvol) {
    return Grants.targetOf(idOf(zvol), GENERATION);
  }

  ConnectedDevice connect(Zvol zvol, String node) {
    return connector(node).connect(targetOf(zvol), idOf(zvol), null, soon());
  }

  void disconnect(Zvol zvol, String node) {
    connector(node).disconnect(targetOf(zvol), idOf(zvol), soon());
  }

  @Override
  public void close() {
    storage.close();
  }
}
