package io.vmstore.local;

import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.ZvolManagerContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

final class LocalZvolManagerContractTest extends ZvolManagerContract {
  @RegisterExtension final Storages storages = new Storages(LoopDevices.NEVER);
  @TempDir Path directory;

  @Override
  protected ZvolManager open() {
    return storages.open(directory).storage.zvolManager();
  }

  @Override
  protected void createForeignVolume(ZvolName name, ByteSize size) {
    ByHand.makeVolume(folder(name), size);
  }

  @Override
  protected void createFileSystem(ZvolName name) {
    ByHand.unchecked(() -> Files.createDirectory(folder(name)));
  }

  private Path folder(ZvolName name) {
    return directory.resolve("pools").resolve(name.toString());
  }

  @Override
  protected Holder hold(Zvol zvol) {
    return ByHand.hold(zvol.device().toPath());
  }
}
