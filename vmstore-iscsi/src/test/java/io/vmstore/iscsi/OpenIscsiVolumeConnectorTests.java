package io.vmstore.iscsi;

import static java.util.Objects.requireNonNull;

import io.vmstore.iscsi.OpenIscsiVolumeConfig.Multipathing;
import io.vmstore.iscsi.SimulatedHost.SimulatedLun;
import io.vmstore.iscsi.SimulatedHost.SimulatedTarget;
import io.vmstore.managed.ChapLogin;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.spi.VolumeConnector.Device;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.VolumeConnectorContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a simulated host. */
abstract class OpenIscsiVolumeConnectorTests extends VolumeConnectorContract {
  private static final ByteSize SIZE = ByteSize.mebibytes(16);

  final SimulatedHost host;
  private final Path directory;
  private final Map<String, SimulatedLun> disks = new HashMap<>();

  OpenIscsiVolumeConnectorTests(@TempDir Path directory) throws IOException {
    this.directory = directory;
    this.host = new SimulatedHost(directory);
  }

  @Override
  protected VolumeConnector open() {
    host.multipath().running = multipath();
    return host.volumeConnector(Multipathing.IF_RUNNING);
  }

  @Override
  protected Exposed expose(String target, int lun, int portals) {
    return exposed(make(target, lun, portals), lun, null);
  }

  private SimulatedTarget make(String name, int lun, int portals) {
    String serial = UUID.randomUUID().toString();
    SimulatedLun disk = new SimulatedLun(serial, SIZE);
    disks.put(serial, disk);
    return host.expose(
        name,
        lun,
        disk,
        IntStream.rangeClosed(1, portals)
            .mapToObj(number -> new Portal("192.0.2." + number, 3260))
            .toArray(Portal[]::new));
  }

  private static Exposed exposed(SimulatedTarget target, int lun, @Nullable ChapLogin login) {
    TargetName name = new TargetName(target.target.iqn().value());
    List<IscsiPath> paths =
        target.target.portals().stream().map(portal -> new IscsiPath(portal, name, lun)).toList();
    return new Exposed(
        new IscsiConnection(
            paths, login, AccessMode.READ_WRITE, null, false, null, Map.of(), Map.of()),
        requireNonNull(target.luns.get(lun)).serial,
        SIZE);
  }

  @Override
  protected Exposed expose(String name, ChapLogin login) {
    SimulatedTarget target = make(name, 1, 1);
    target.login = login;
    return exposed(target, 1, login);
  }

  @Override
  protected Exposed exposeToAnother(String name) {
    SimulatedTarget target = make(name, 1, 1);
    target.admits = new Iqn("iqn.1993-08.org.debian:01:compute2");
    return exposed(target, 1, null);
  }

  private SimulatedLun of(Exposed exposed) {
    return requireNonNull(disks.get(exposed.serial()));
  }

  private static TargetName target(Exposed exposed) {
    return exposed.connection().paths().get(0).target();
  }

  @Override
  protected void vanish(Exposed exposed) {
    host.unexport(new Iqn(target(exposed).value()));
  }

  @Override
  protected Portal silentPortal() {
    Portal portal = new Portal("192.0.2.9", 3260);
    host.silence(portal);
    return portal;
  }

  @Override
  protected void cut(Portal portal) {
    host.cut(portal);
  }

  @Override
  protected void restore(Portal portal) {
    host.restore(portal);
  }

  @Override
  protected Holder hold(Device device) {
    Path node = device.attachment().path().toPath();
    host.open(node, "qemu-system-x86 (pid 4711)");
    return new Holder("qemu-system-x86 (pid 4711)", () -> host.letGo(node));
  }

  @Override
  protected void swap(Exposed exposed) {
    host.swap(of(exposed), UUID.randomUUID().toString());
  }

  @Override
  protected void hide(Exposed exposed) {
    of(exposed).hidden = true;
  }

  @Override
  protected void show(Exposed exposed) {
    of(exposed).hidden = false;
  }

  @Override
  protected void grow(Exposed exposed, ByteSize size) {
    of(exposed).size = size;
  }

  @Override
  protected boolean anythingLeftOf(TargetName target) {
    return host.remains().stream().anyMatch(remain -> remain.endsWith(" of " + target));
  }

  @Override
  protected boolean refusesWrites(Device device) {
    String name = device.attachment().path().toPath().getFileName().toString();
    try {
      return Files.readString(directory.resolve("sys/class/block/" + name + "/ro"))
          .strip()
          .equals("1");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
