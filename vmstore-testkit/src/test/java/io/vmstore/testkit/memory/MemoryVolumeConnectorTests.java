package io.vmstore.testkit.memory;

import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.Portal;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.VolumeConnector.Device;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.VolumeConnectorContract;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** With multipath and without. */
abstract class MemoryVolumeConnectorTests extends VolumeConnectorContract {
  private static final NodeName HOST = new NodeName("vm1");
  private static final ByteSize SIZE = ByteSize.mebibytes(16);

  private final MemoryFabric fabric = new MemoryFabric();
  private final Map<TargetName, MemoryTarget> targets = new HashMap<>();

  @Override
  protected VolumeConnector open() {
    fabric.setMultipath(HOST, multipath());
    return fabric.volumeConnector(HOST);
  }

  private MemoryTarget target(String name, int portals) {
    return targets.computeIfAbsent(
        new TargetName("iqn.2009-01.com.array:" + name),
        iqn ->
            fabric.target(
                iqn,
                IntStream.rangeClosed(1, portals)
                    .mapToObj(number -> new Portal("10.1.0." + number, 3260))
                    .toArray(Portal[]::new)));
  }

  private static Exposed exposed(MemoryTarget target, int lun) {
    target.putDisk(lun, SIZE);
    return new Exposed(target.connection(lun), target.serial(lun), SIZE);
  }

  @Override
  protected Exposed expose(String target, int lun, int portals) {
    return exposed(target(target, portals), lun);
  }

  @Override
  protected Exposed expose(String target, ChapLogin login) {
    target(target, 1).require(login);
    return expose(target, 1, 1);
  }

  @Override
  protected Exposed exposeToAnother(String target) {
    target(target, 1).admit(new Iqn("iqn.2026-11.io.vmstore.test:vm10"));
    return expose(target, 1, 1);
  }

  private static IscsiPath path(Exposed exposed) {
    return exposed.connection().paths().get(0);
  }

  private MemoryTarget of(Exposed exposed) {
    return Objects.requireNonNull(targets.get(path(exposed).target()));
  }

  @Override
  protected void vanish(Exposed exposed) {
    fabric.removeTarget(path(exposed).target());
  }

  @Override
  protected void cut(Portal portal) {
    fabric.cut(portal);
  }

  @Override
  protected void restore(Portal portal) {
    fabric.restore(portal);
  }

  @Override
  protected Holder hold(Device device) {
    return new Holder("qemu[42]", fabric.open(HOST, device.path(), "qemu[42]"));
  }

  @Override
  protected void swap(Exposed exposed) {
    of(exposed).putDisk(path(exposed).lun(), SIZE);
  }

  @Override
  protected void hide(Exposed exposed) {
    of(exposed).show(path(exposed).lun(), false);
  }

  @Override
  protected void show(Exposed exposed) {
    of(exposed).show(path(exposed).lun(), true);
  }

  @Override
  protected void grow(Exposed exposed, ByteSize size) {
    of(exposed).resize(path(exposed).lun(), size);
  }

  @Override
  protected boolean anythingLeftOf(TargetName target) {
    return fabric.managedContents(HOST).stream()
        .anyMatch(line -> line.startsWith("session ") && line.endsWith(" " + target));
  }

  @Override
  protected void write(Device device, byte[] bytes) {
    fabric.write(HOST, device.path(), 0, bytes);
  }

  @Override
  protected byte[] read(Device device, int length) {
    return fabric.read(HOST, device.path(), 0, length);
  }

  @Override
  protected boolean refusesWrites(Device device) {
    return fabric.readOnly(HOST, device.path());
  }
}
