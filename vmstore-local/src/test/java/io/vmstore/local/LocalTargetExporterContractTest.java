package io.vmstore.local;

import static io.vmstore.local.Fixture.soon;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Admission;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.TargetExporterContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

final class LocalTargetExporterContractTest extends TargetExporterContract {
  @RegisterExtension final Storages storages = new Storages(LoopDevices.NEVER);
  @TempDir Path directory;

  @Override
  protected TargetExporter open() {
    return storages.open(directory).storage.targetExporter();
  }

  @Override
  protected Zvol createVolume(String name) {
    return storages.open(directory).create(name);
  }

  @Override
  protected Holder logIn(Target target, Admission as) {
    Iqn initiator = as.initiator();
    VolumeId id = Grants.volumeOf(target.iqn()).orElseThrow();
    TargetConnector connector =
        storages.open(directory).storage.connector(new NodeName("c1"), initiator);
    connector.connect(target, id, as.chap(), soon());
    return new Holder(initiator.value(), () -> connector.disconnect(target, id, soon()));
  }

  @Override
  protected Holder hold(Zvol zvol) {
    return ByHand.hold(zvol.device().toPath());
  }

  @Override
  protected Iqn createForeignTarget() {
    Iqn foreign = new Iqn("iqn.2003-01.org.example:foreign");
    ByHand.unchecked(() -> Files.createFile(target(foreign)));
    return foreign;
  }

  @Override
  protected boolean foreignTargetExists(Iqn target) {
    return Files.exists(target(target));
  }

  private Path target(Iqn name) {
    return directory.resolve("targets").resolve(name.value());
  }
}
