package io.vmstore.iscsi;

import static java.util.Objects.requireNonNull;

import io.vmstore.iscsi.OpenIscsiVolumeConfig.Multipathing;
import io.vmstore.iscsi.SimulatedHost.SimulatedLun;
import io.vmstore.iscsi.SimulatedHost.SimulatedTarget;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Portal;
import io.vmstore.spi.VolumeConnector.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A simulated host with a target of two portals, whose paths multipathd joins. */
final class VolumeFixture {
  static final Portal FIRST = new Portal("192.0.2.1", 3260);
  static final Portal SECOND = new Portal("192.0.2.2", 3260);

  final SimulatedHost host;
  final OpenIscsiVolumeConnector connector;

  VolumeFixture(Path directory) throws IOException {
    host = new SimulatedHost(directory);
    host.multipath().running = true;
    connector = host.volumeConnector(Multipathing.IF_RUNNING);
  }

  /** A disk at LUN 1 of a target of its own. */
  IscsiConnection disk(String name) {
    return disk(name, 1, name + "-serial", FIRST, SECOND);
  }

  IscsiConnection disk(String target, int lun, String serial, Portal... portals) {
    SimulatedTarget exposed =
        host.expose(target, lun, new SimulatedLun(serial, ByteSize.mebibytes(1)), portals);
    TargetName name = new TargetName(exposed.target.iqn().value());
    return IscsiConnection.over(
        List.of(portals).stream().map(portal -> new IscsiPath(portal, name, lun)).toList());
  }

  SimulatedTarget target(String name) {
    return host.expose(name, 9, new SimulatedLun(name + 9, ByteSize.mebibytes(1)));
  }

  static String wwnOf(String serial) {
    String wwid = new SimulatedLun(serial, ByteSize.mebibytes(1)).wwid();
    return "3" + wwid.substring("naa.".length());
  }

  Device connect(String name, IscsiConnection connection) {
    return connector.connect(name, connection, null, Failures.soon());
  }

  void disconnect(String name, IscsiConnection connection, Device device) {
    connector.disconnect(name, connection, device.attachment().wwn(), Failures.soon());
  }

  /** The events of an action, without those that only look. */
  List<String> effectsOf(Runnable action) {
    int before = host.events().size();
    action.run();
    return host.events().subList(before, host.events().size()).stream()
        .filter(event -> !event.equals("rescan 1") && !event.equals("multipathd show status"))
        .toList();
  }

  static String mapped(Device device) {
    return requireNonNull(device.attachment().multipathId());
  }
}
