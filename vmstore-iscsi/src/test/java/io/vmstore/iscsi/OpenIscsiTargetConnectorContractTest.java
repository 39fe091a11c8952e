package io.vmstore.iscsi;

import static java.util.Objects.requireNonNull;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.TargetConnector;
import io.vmstore.testkit.contract.Holder;
import io.vmstore.testkit.contract.TargetConnectorContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a simulated host. */
class OpenIscsiTargetConnectorContractTest extends TargetConnectorContract {
  private final Map<Iqn, SimulatedHost.SimulatedTarget> exports = new HashMap<>();
  private final SimulatedHost host;

  OpenIscsiTargetConnectorContractTest(@TempDir Path directory) throws IOException {
    host = new SimulatedHost(directory);
  }

  @Override
  protected TargetConnector open() {
    return host.connector();
  }

  @Override
  protected Exported export(String name) {
    VolumeId id = VolumeId.random();
    SimulatedHost.SimulatedTarget exported = host.export(name, id);
    exports.put(exported.target.iqn(), exported);
    return new Exported(exported.target, id, exported.size);
  }

  @Override
  protected Exported export(String name, ChapSecrets secrets) {
    Exported exported = export(name);
    of(exported).secrets = secrets;
    return exported;
  }

  @Override
  protected ByteSize grow(Exported exported) {
    ByteSize larger = ByteSize.mebibytes(2);
    host.grow(exported.target().iqn(), larger);
    return larger;
  }

  @Override
  protected void unexport(Exported exported) {
    host.unexport(exported.target().iqn());
  }

  @Override
  protected Exported exportToAnother(String name) {
    Exported exported = export(name);
    of(exported).admits = new Iqn("iqn.1993-08.org.debian:01:compute2");
    return exported;
  }

  @Override
  protected Portal silentPortal() {
    Portal portal = Portal.parse("192.0.2.9:3260");
    host.silence(portal);
    return portal;
  }

  @Override
  protected Holder hold(ConnectedDevice device) {
    Path node = device.device().toPath();
    host.open(node, "qemu-system-x86 (pid 4711)");
    return new Holder("qemu-system-x86 (pid 4711)", () -> host.letGo(node));
  }

  @Override
  protected void swapSerial(Exported exported) {
    host.swapSerial(exported.target().iqn(), VolumeId.random().toString());
  }

  @Override
  protected void hideDevice(Exported exported) {
    of(exported).hidden = true;
  }

  @Override
  protected void showDevice(Exported exported) {
    of(exported).hidden = false;
  }

  @Override
  protected Iqn connectForeignTarget() {
    Iqn foreign = new Iqn("iqn.2026-11.io.vmstore2:vol1");
    host.logInByHand(foreign);
    return foreign;
  }

  @Override
  protected boolean foreignTargetConnected(Iqn target) {
    return host.connected(target);
  }

  @Override
  protected boolean anythingLeftOf(Target target) {
    return host.remains().stream().anyMatch(remain -> remain.endsWith(target.iqn().value()));
  }

  private SimulatedHost.SimulatedTarget of(Exported exported) {
    return requireNonNull(exports.get(exported.target().iqn()));
  }
}
