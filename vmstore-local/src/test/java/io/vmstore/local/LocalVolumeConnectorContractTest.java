package io.vmstore.local;

import static io.vmstore.local.Fixture.soon;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.VolumeConnector.Device;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.VolumeConnectorContract;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** On plain files. Targets of several disks are none that this storage has. */
final class LocalVolumeConnectorContractTest extends VolumeConnectorContract {
  @RegisterExtension final Storages storages = new Storages(LoopDevices.NEVER);
  @TempDir Path directory;

  @Override
  protected VolumeConnector open() {
    return storages.open(directory).storage.volumeConnector(new NodeName("c1"));
  }

  @Override
  protected Exposed expose(String target, int lun, int portals) {
    return exposeTo("c1", target + "-" + lun);
  }

  @Override
  protected Exposed exposeToAnother(String target) {
    return exposeTo("c10", target);
  }

  private Exposed exposeTo(String node, String name) {
    Fixture nas = storages.open(directory);
    Zvol zvol = nas.create(name);
    Export export = nas.export(zvol, node);
    VolumeId id = Fixture.idOf(zvol);
    return new Exposed(
        IscsiConnection.ofExport(export.target(), null, Grants.initiatorOf(new NodeName(node)), id),
        id.toString(),
        zvol.size());
  }

  @Override
  protected boolean readOnlyDevices() {
    return false;
  }

  @Override
  protected void vanish(Exposed exposed) {
    storages
        .open(directory)
        .storage
        .targetExporter()
        .unexport(VolumeId.parse(exposed.serial()), OpenSessions.END, soon());
  }

  @Override
  protected Holder hold(Device device) {
    return ByHand.hold(device.path().toPath());
  }

  @Override
  protected void grow(Exposed exposed, ByteSize size) {
    VolumeId id = VolumeId.parse(exposed.serial());
    try (ZvolManager zvols = storages.open(directory).storage.zvolManager()) {
      zvols.list(soon()).stream()
          .filter(zvol -> zvol.id().filter(id::equals).isPresent())
          .forEach(zvol -> zvols.grow(zvol.name(), id, size, soon()));
    }
  }

  @Override
  protected boolean anythingLeftOf(TargetName target) {
    return Grants.volumeOf(new Iqn(target.value()))
        .map(id -> directory.resolve("nodes/c1/devices").resolve(id.toString()))
        .filter(link -> Files.exists(link, LinkOption.NOFOLLOW_LINKS))
        .isPresent();
  }
}
