package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.ZvolManagerContract;

final class MemoryZvolManagerTest extends ZvolManagerContract {
  private final MemoryFabric fabric = new MemoryFabric();

  @Override
  protected ZvolManager open() {
    return fabric.zvolManager(pool());
  }

  @Override
  protected void createForeignVolume(ZvolName name, ByteSize size) {
    fabric.createUnmarkedVolume(name, size);
  }

  @Override
  protected void createFileSystem(ZvolName name) {
    fabric.createFileSystem(name);
  }

  @Override
  protected void snapshot(ZvolName name) {
    fabric.snapshot(name);
  }

  @Override
  protected void removeSnapshot(ZvolName name) {
    fabric.removeSnapshots(name);
  }

  @Override
  protected Holder hold(Zvol zvol) {
    return new Holder("dd[42]", fabric.hold(zvol.name(), "dd[42]"));
  }

  @Override
  protected void write(Zvol zvol, byte[] bytes) {
    fabric.write(zvol.name(), 0, bytes);
  }

  @Override
  protected byte[] read(Zvol zvol, int length) {
    return fabric.read(zvol.name(), 0, length);
  }
}
