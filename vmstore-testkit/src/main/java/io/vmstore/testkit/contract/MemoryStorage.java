package io.vmstore.testkit.contract;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.memory.MemoryFabric;
import java.util.Set;

/** Storage in memory, for runs whose point is the roles or the transport. */
public final class MemoryStorage extends Storage {
  private static final PoolName POOL = new PoolName("tank");
  private static final Portal PORTAL = Portal.parse("10.0.0.1");

  private final MemoryFabric fabric = new MemoryFabric();

  /** {@return the fabric itself} */
  public MemoryFabric fabric() {
    return fabric;
  }

  @Override
  public PoolName pool() {
    return POOL;
  }

  @Override
  public ZvolManager zvolManager() {
    return fabric.zvolManager(POOL);
  }

  @Override
  public TargetExporter targetExporter() {
    return fabric.targetExporter(Cluster.NAS, PORTAL);
  }

  @Override
  public TargetConnector targetConnector(NodeName host) {
    return fabric.targetConnector(host);
  }

  @Override
  public void write(NodeName host, DevicePath device, byte[] bytes) {
    fabric.write(host, device, 0, bytes);
  }

  @Override
  public byte[] read(NodeName host, DevicePath device, int length) {
    return fabric.read(host, device, 0, length);
  }

  @Override
  public Holder hold(NodeName host, DevicePath device) {
    return new Holder("qemu[42]", fabric.open(host, device, "qemu[42]"));
  }

  @Override
  public Set<NodeName> writers(ZvolName name) {
    return fabric.writers(name);
  }

  @Override
  public void createForeignVolume(ZvolName name, ByteSize size) {
    fabric.createUnmarkedVolume(name, size);
  }

  @Override
  public void swapSerial(VolumeId id) {
    fabric.swapSerial(id, "another disk");
  }
}
