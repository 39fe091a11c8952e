package io.vmstore.zfs;

import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.ZvolManagerContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

class ZfsZvolManagerContractTest extends ZvolManagerContract {
  @TempDir Path root;
  private @Nullable FakeZfs fake;

  @Override
  protected ZvolManager open() {
    ZfsConfig config =
        ZfsConfig.of(Set.of(pool()))
            .withDeviceRoot(root.resolve("zvol"))
            .withBusyPatience(Duration.ofMillis(100));
    return new ZfsZvolManager(
        config, zfs(), new DeviceHolders(root.resolve("proc"), root.resolve("sys")));
  }

  private FakeZfs zfs() {
    if (fake == null) {
      fake = new FakeZfs(root.resolve("zvol")).pool(pool().value(), 4L << 30);
    }
    return fake;
  }

  @Override
  protected void createForeignVolume(ZvolName name, ByteSize size) {
    zfs().volume(name.toString(), size.bytes());
  }

  @Override
  protected void createFileSystem(ZvolName name) {
    zfs().fileSystem(name.toString());
  }

  @Override
  protected void snapshot(ZvolName name) {
    zfs().dataset(name.toString()).snapshots = true;
  }

  @Override
  protected void removeSnapshot(ZvolName name) {
    zfs().dataset(name.toString()).snapshots = false;
  }

  @Override
  protected Holder hold(Zvol zvol) {
    zfs().dataset(zvol.name().toString()).busy = Integer.MAX_VALUE;
    try {
      Path process = Files.createDirectories(root.resolve("proc/4711/fd"));
      Files.writeString(process.resolveSibling("comm"), "qemu-system-x86\n");
      Path device = zvol.device().toPath().toRealPath();
      Path descriptor = Files.createSymbolicLink(process.resolve("9"), device);
      return new Holder("qemu-system-x86 (pid 4711)", () -> release(zvol, descriptor));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void release(Zvol zvol, Path descriptor) {
    zfs().dataset(zvol.name().toString()).busy = 0;
    try {
      Files.delete(descriptor);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
