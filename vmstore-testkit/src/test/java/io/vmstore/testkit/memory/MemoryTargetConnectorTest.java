package io.vmstore.testkit.memory;

import static java.util.Objects.requireNonNull;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.TargetExporter.OpenSessions;
import io.vmstore.spi.Zvol;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.TargetConnectorContract;
import java.util.HashMap;
import java.util.Map;

final class MemoryTargetConnectorTest extends TargetConnectorContract {
  private static final NodeName HOST = new NodeName("vm1");
  private static final PoolName POOL = new PoolName("tank");

  private final Map<VolumeId, ZvolName> names = new HashMap<>();
  private final MemoryFabric fabric = new MemoryFabric();
  private final TargetExporter exporter =
      fabric.targetExporter(new NodeName("nas1"), Portal.parse("10.0.0.1"));

  @Override
  protected TargetConnector open() {
    return fabric.targetConnector(HOST);
  }

  private Deadline soon() {
    return Deadline.after(patience());
  }

  private Exported export(String name, Admission admitted) {
    VolumeId id = VolumeId.random();
    ZvolName zvolName = new ZvolName(POOL, name);
    names.put(id, zvolName);
    Zvol zvol = fabric.zvolManager(POOL).ensure(zvolName, id, ByteSize.mebibytes(16), soon());
    Target target = exporter.export(zvol, id, 1, admitted, soon()).target();
    return new Exported(target, id, zvol.size());
  }

  @Override
  protected Exported export(String name) {
    try (TargetConnector connector = open()) {
      return export(name, Admission.byName(connector.initiator()));
    }
  }

  @Override
  protected Exported export(String name, ChapSecrets secrets) {
    try (TargetConnector connector = open()) {
      return export(name, new Admission(connector.initiator(), secrets));
    }
  }

  @Override
  protected Exported exportToAnother(String name) {
    return export(name, Admission.byName(new Iqn("iqn.2026-11.io.vmstore.test:vm10")));
  }

  @Override
  protected ByteSize grow(Exported exported) {
    ZvolName name = requireNonNull(names.get(exported.id()));
    return fabric
        .zvolManager(POOL)
        .grow(name, exported.id(), ByteSize.mebibytes(32), soon())
        .size();
  }

  @Override
  protected void unexport(Exported exported) {
    exporter.unexport(exported.id(), OpenSessions.END, soon());
  }

  @Override
  protected Holder hold(ConnectedDevice device) {
    return new Holder("qemu[42]", fabric.open(HOST, device.device(), "qemu[42]"));
  }

  @Override
  protected void swapSerial(Exported exported) {
    fabric.swapSerial(exported.id(), "another disk");
  }

  @Override
  protected void hideDevice(Exported exported) {
    fabric.hideDevice(exported.id());
  }

  @Override
  protected void showDevice(Exported exported) {
    fabric.showDevice(exported.id());
  }

  @Override
  protected boolean anythingLeftOf(Target target) {
    return fabric.sessions(HOST).contains(target.iqn());
  }

  @Override
  protected void write(ConnectedDevice device, byte[] bytes) {
    fabric.write(HOST, device.stablePath(), 0, bytes);
  }

  @Override
  protected byte[] read(ConnectedDevice device, int length) {
    return fabric.read(HOST, device.stablePath(), 0, length);
  }
}
