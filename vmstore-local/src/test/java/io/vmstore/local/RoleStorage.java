package io.vmstore.local;

import static io.vmstore.local.Fixture.soon;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.local.LocalStorage.Parts;
import io.vmstore.local.Sessions.Session;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.Storage;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** Local storage for the contracts of the roles, on plain files; each node opens its own. */
final class RoleStorage extends Storage {
  private final Storages storages = new Storages(LoopDevices.NEVER);
  private final Path directory;

  RoleStorage(Path directory) {
    this.directory = directory;
  }

  @Override
  public PoolName pool() {
    return Fixture.TANK;
  }

  @Override
  public ZvolManager zvolManager() {
    return storages.open(directory).storage.zvolManager();
  }

  @Override
  public TargetExporter targetExporter() {
    return storages.open(directory).storage.targetExporter();
  }

  @Override
  public TargetConnector targetConnector(NodeName host) {
    return storages.open(directory).storage.connector(host);
  }

  @Override
  public Holder hold(NodeName host, DevicePath device) {
    return ByHand.hold(device.toPath());
  }

  @Override
  public void createForeignVolume(ZvolName name, ByteSize size) {
    ByHand.makeVolume(directory.resolve("pools").resolve(name.toString()), size);
  }

  /** Under the volume's lock, or a volume on its way from host to host might be seen at both. */
  @Override
  public Set<NodeName> writers(ZvolName name) {
    try (Fixture watcher = new Fixture(directory)) {
      Parts parts = watcher.storage.parts();
      PortCalls calls = parts.calls("watcher");
      return watcher.storage.zvolManager().find(name, soon()).flatMap(Zvol::id).stream()
          .flatMap(id -> calls.alone(id, "watch", soon(), () -> parts.sessions().of(id)).stream())
          .map(Session::node)
          .collect(Collectors.toSet());
    }
  }

  @Override
  public void close() {
    storages.close();
  }
}
