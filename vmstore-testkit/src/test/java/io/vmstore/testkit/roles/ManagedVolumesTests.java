package io.vmstore.testkit.roles;

import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.ManagedVolumesContract;
import io.vmstore.testkit.contract.VolumeConnectorContract.Exposed;
import io.vmstore.testkit.memory.MemoryFabric;
import io.vmstore.testkit.memory.MemoryStateStore;
import io.vmstore.testkit.memory.MemoryTarget;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** The role in memory, with multipath and without, and with records in files. */
abstract class ManagedVolumesTests extends ManagedVolumesContract {
  private static final NodeName HOST = new NodeName("vm1");
  private static final ByteSize SIZE = ByteSize.mebibytes(16);

  private final MemoryFabric fabric = new MemoryFabric();
  private final Map<TargetName, MemoryTarget> targets = new HashMap<>();
  private MemoryStateStore store = new MemoryStateStore();

  abstract boolean multipath();

  @Override
  protected VolumeConnector connector(Runnable between) {
    fabric.setMultipath(HOST, multipath());
    return fabric.volumeConnector(HOST, between);
  }

  @Override
  protected StateStore store() {
    store = store.reopen();
    return store;
  }

  @Override
  protected Exposed expose(String name, int lun, int portals) {
    MemoryTarget target =
        targets.computeIfAbsent(
            new TargetName("iqn.2009-01.com.array:" + name),
            iqn ->
                fabric.target(
                    iqn,
                    IntStream.rangeClosed(1, portals)
                        .mapToObj(number -> new Portal("10.1.0." + number, 3260))
                        .toArray(Portal[]::new)));
    target.putDisk(lun, SIZE);
    return new Exposed(target.connection(lun), target.serial(lun), SIZE);
  }

  private static IscsiPath path(Exposed exposed) {
    return exposed.connection().paths().get(0);
  }

  private MemoryTarget of(Exposed exposed) {
    return Objects.requireNonNull(targets.get(path(exposed).target()));
  }

  @Override
  protected List<String> leftovers() {
    return fabric.managedContents(HOST);
  }

  @Override
  protected void reboot() {
    fabric.loseKernelState(HOST);
  }

  @Override
  protected void swap(Exposed exposed) {
    of(exposed).putDisk(path(exposed).lun(), SIZE);
  }

  @Override
  protected void setUp(IscsiPath path, boolean up) {
    if (up) {
      fabric.restore(path.portal());
    } else {
      fabric.cut(path.portal());
    }
  }

  @Override
  protected void grow(Exposed exposed, ByteSize size) {
    of(exposed).resize(path(exposed).lun(), size);
  }

  @Override
  protected Holder hold(DevicePath device) {
    return new Holder("qemu[42]", fabric.open(HOST, device, "qemu[42]"));
  }
}
