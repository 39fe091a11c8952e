package io.vmstore.local;

import static io.vmstore.local.Fixture.soon;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Target;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.TargetConnectorContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The contract on plain files, and on loop devices where the machine gives them. */
final class LocalTargetConnectorContractTest {
  @Nested
  final class OnPlainFiles extends Contract {
    OnPlainFiles() {
      super(LoopDevices.NEVER);
    }
  }

  @Nested
  final class OnLoopDevices extends Contract {
    OnLoopDevices() {
      super(LoopDevices.ALWAYS);
    }

    @BeforeEach
    void requireLoopDevices() throws IOException {
      assumeTrue(LoopDeviceTest.machineHasLoopDevices(directory), "no loop devices here");
    }
  }

  private abstract static class Contract extends TargetConnectorContract {
    @RegisterExtension final Storages storages;
    @TempDir Path directory;

    Contract(LoopDevices use) {
      this.storages = new Storages(use);
    }

    @Override
    protected TargetConnector open() {
      return storages.open(directory).connector("c1");
    }

    @Override
    protected Exported export(String name) {
      return exportTo("c1", name);
    }

    @Override
    protected Exported exportToAnother(String name) {
      return exportTo("c10", name);
    }

    private Exported exportTo(String node, String name) {
      Fixture nas = storages.open(directory);
      Zvol zvol = nas.create(name);
      Target target = nas.export(zvol, node).target();
      return new Exported(target, Fixture.idOf(zvol), zvol.size());
    }

    @Override
    protected ByteSize grow(Exported exported) {
      ZvolManager zvols = storages.open(directory).storage.zvolManager();
      return zvols.list(soon()).stream()
          .filter(zvol -> exported.id().equals(zvol.markedId()))
          .map(
              zvol -> zvols.grow(zvol.name(), exported.id(), ByteSize.mebibytes(32), soon()).size())
          .findFirst()
          .orElseThrow();
    }

    @Override
    protected void unexport(Exported exported) {
      storages
          .open(directory)
          .storage
          .targetExporter()
          .unexport(exported.id(), OpenSessions.END, soon());
    }

    @Override
    protected Holder hold(ConnectedDevice device) {
      return ByHand.hold(device.stablePath().toPath());
    }

    @Override
    protected void swapSerial(Exported exported) {
      storages.open(directory).storage.targetExporter().list(soon()).stream()
          .filter(export -> export.volume().equals(exported.id()))
          .forEach(export -> ByHand.remark(export.device().toPath()));
    }

    @Override
    protected boolean anythingLeftOf(Target target) {
      Path devices = directory.resolve("nodes/c1/devices");
      return Grants.volumeOf(target.iqn())
          .map(id -> devices.resolve(id.toString()))
          .filter(link -> Files.exists(link, LinkOption.NOFOLLOW_LINKS))
          .isPresent();
    }
  }
}
