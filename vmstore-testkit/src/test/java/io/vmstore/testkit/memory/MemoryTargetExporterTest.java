package io.vmstore.testkit.memory;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.TargetConnector;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.TargetExporterContract;

final class MemoryTargetExporterTest extends TargetExporterContract {
  private static final PoolName POOL = new PoolName("tank");

  private final MemoryFabric fabric = new MemoryFabric();

  @Override
  protected TargetExporter open() {
    return fabric.targetExporter(new NodeName("nas1"), Portal.parse("10.0.0.1"));
  }

  private Deadline soon() {
    return Deadline.after(patience());
  }

  @Override
  protected Zvol createVolume(String name) {
    return fabric
        .zvolManager(POOL)
        .ensure(new ZvolName(POOL, name), VolumeId.random(), ByteSize.mebibytes(16), soon());
  }

  @Override
  protected Holder logIn(Target target, Admission as) {
    Iqn initiator = as.initiator();
    String suffix = initiator.value().substring(initiator.value().indexOf(':') + 1);
    TargetConnector connector = fabric.targetConnector(new NodeName(suffix), initiator);
    String name = target.iqn().value().substring(target.iqn().value().indexOf(':') + 1);
    VolumeId id = VolumeId.parse(name.substring(0, name.indexOf('.')));
    connector.connect(target, id, as.chap(), soon());
    return new Holder(suffix, () -> connector.disconnect(target, id, soon()));
  }

  @Override
  protected Holder hold(Zvol zvol) {
    return new Holder("dd[42]", fabric.hold(zvol.name(), "dd[42]"));
  }
}
