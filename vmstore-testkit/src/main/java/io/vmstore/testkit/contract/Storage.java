package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.cannot;

import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.ZvolManager;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The disks and kernels that the roles of a {@link Cluster} work on, and what a test does to them
 * behind the roles' back. A subclass gives the ports; what it cannot play it leaves as it is, and
 * the tests that need it are skipped.
 *
 * <p>Thread safety: used by one test's thread.
 */
public abstract class Storage implements AutoCloseable {
  private final Map<NodeName, MemoryStateStore> stores = new HashMap<>();

  /** Makes a storage without any volume. */
  protected Storage() {}

  /** {@return the pool of the NAS, which is the test's own} */
  public abstract PoolName pool();

  /** {@return a manager of that pool; each call opens another} */
  public abstract ZvolManager zvolManager();

  /** {@return the exporter of the NAS; each call opens another on the same kernel} */
  public abstract TargetExporter targetExporter();

  /** {@return the connector of a compute node; each call opens another on the same kernel} */
  public abstract TargetConnector targetConnector(NodeName host);

  /** {@return the records of a node, those written before included; the store before is closed} */
  public StateStore stateStore(NodeName node) {
    return stores.merge(node, new MemoryStateStore(), (before, unused) -> before.reopen());
  }

  /** {@return a size for which the pool has no room} */
  public ByteSize tooLarge() {
    return ByteSize.gibibytes(1 << 20);
  }

  /** Writes at the beginning of a device of a compute node. */
  public void write(NodeName host, DevicePath device, byte[] bytes) {
    DeviceFiles.write(device, bytes);
  }

  /** {@return the first bytes of a device of a compute node} */
  public byte[] read(NodeName host, DevicePath device, int length) {
    return DeviceFiles.read(device, length);
  }

  /** Holds a device open on a compute node. */
  public Holder hold(NodeName host, DevicePath device) {
    throw cannot("hold a device");
  }

  /** {@return the compute nodes that can write to the volume, all at one moment} */
  public Set<NodeName> writers(ZvolName name) {
    throw cannot("see all compute nodes at one moment");
  }

  /** Creates a volume by hand, without a mark of vmstore. */
  public void createForeignVolume(ZvolName name, ByteSize size) {
    throw cannot("have a foreign volume");
  }

  /** Lets every disk exported for the volume show another unit serial number. */
  public void swapSerial(VolumeId id) {
    throw cannot("show a wrong disk");
  }

  @Override
  public void close() {}
}
