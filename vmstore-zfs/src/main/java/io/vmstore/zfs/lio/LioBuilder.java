package io.vmstore.zfs.lio;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Admission;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Makes an export, in the order in which the kernel wants it and in which nobody can log in before
 * everything is in place (target_core_configfs.c, iscsi_target_configfs.c). What it leaves when it
 * fails is for {@link LioDemolition}.
 */
final class LioBuilder {
  private static final Duration RESTART_PAUSE = Duration.ofMillis(100);

  /** Longer than an open takes, and little beside a call's time when one hangs. */
  private static final Duration OPEN = Duration.ofSeconds(2);

  private final Configfs configfs;
  private final LioConfig config;
  private final LioTree tree;
  private final LioDemolition demolition;
  private final DeviceHolders holders;
  private final Predicate<Portal> addresses;
  private final OpenTurns turns = new OpenTurns(OPEN);

  LioBuilder(
      Configfs configfs,
      LioConfig config,
      LioTree tree,
      DeviceHolders holders,
      Predicate<Portal> addresses) {
    this.configfs = configfs;
    this.config = config;
    this.tree = tree;
    this.demolition = new LioDemolition(configfs, tree);
    this.holders = holders;
    this.addresses = addresses;
  }

  void build(ExportName export, DevicePath device, Admission admitted, Patience patience)
      throws IOException {
    patience.check();
    Path backstore = backstore(export.volume(), device, patience);
    patience.check();
    Path group = group(export, admitted);
    lun(group, backstore);
    for (Portal portal : config.portals()) {
      portal(LioTree.portal(group, portal), portal, patience);
    }
    patience.check();
    accessList(group, admitted.initiator(), LioTree.name(backstore));
    tree.chap().give(group, admitted);
    require(closed(group, admitted), group, admitted, patience);
    patience.check();
    configfs.write(group.resolve("enable"), "1");
  }

  /** Has an export that is there ask for the secrets, unless it does. */
  void ask(ExportName export, Admission admitted, Patience patience) throws IOException {
    Path group = tree.group(export);
    if (!tree.chap().asksFor(group, admitted)) {
      tree.chap().ask(group, admitted);
    }
    require(admitsOnly(group, admitted), group, admitted, patience);
  }

  /**
   * {@return whether nobody gets in without secrets} What decides that is read back. The secrets
   * are not: of one that the kernel did not take it says that there is none, and lets nobody in.
   */
  private boolean closed(Path group, Admission admitted) throws IOException {
    return isOff(group, "generate_node_acls") && tree.chap().asks(group, admitted);
  }

  /** {@return whether only the given one gets in} Of a group that others may have changed. */
  private boolean admitsOnly(Path group, Admission admitted) throws IOException {
    List<String> lists =
        configfs.directories(LioTree.acls(group)).stream().map(LioTree::name).toList();
    return lists.equals(List.of(admitted.initiator().value()))
        && isOff(group, "generate_node_acls")
        && isOff(group, "cache_dynamic_acls")
        && tree.chap().asksFor(group, admitted);
  }

  private boolean isOff(Path group, String attribute) throws IOException {
    return configfs.read(group.resolve("attrib").resolve(attribute)).equals("0");
  }

  private static void require(boolean closed, Path group, Admission admitted, Patience patience) {
    if (!closed) {
      throw VmStoreException.builder(ErrorCode.INTERNAL, patience.problem())
          .reason(
              "read back, its portal group would admit others than '"
                  + admitted.initiator()
                  + "', or without the mapping's secrets")
          .correction("see whether something else writes to '" + group + "', and 'dmesg'")
          .build();
    }
  }

  /** Makes the portals that are not there yet. */
  void portals(ExportName export, Patience patience) throws IOException {
    for (Portal portal : config.portals()) {
      Path folder = LioTree.portal(tree.group(export), portal);
      if (!configfs.exists(folder)) {
        portal(folder, portal, patience);
      }
    }
  }

  private void portal(Path folder, Portal portal, Patience patience) throws IOException {
    patience.check();
    requireHere(portal, patience);
    configfs.makeDirectory(folder);
  }

  private Path backstore(VolumeId id, DevicePath device, Patience patience) throws IOException {
    Path backstore = newBackstore(id);
    configfs.write(backstore.resolve("udev_path"), device.value());
    configfs.write(backstore.resolve("control"), "udev_path=" + device);
    open(backstore, device, patience);
    configfs.write(backstore.resolve("wwn/vpd_unit_serial"), id.toString());
    attributes(backstore.resolve("attrib"));
    return backstore;
  }

  private Path newBackstore(VolumeId id) throws IOException {
    Path backstore = tree.place(id);
    Path adapter = LioTree.adapter(backstore);
    synchronized (tree.adapterChoice()) {
      if (!configfs.exists(adapter)) {
        configfs.makeDirectory(adapter);
      }
      makeIn(adapter, backstore);
    }
    return backstore;
  }

  private void makeIn(Path adapter, Path backstore) throws IOException {
    try {
      configfs.makeDirectory(backstore);
    } catch (IOException e) {
      demolition.removeAdapter(adapter);
      throw e;
    }
  }

  private void open(Path backstore, DevicePath device, Patience patience) throws IOException {
    while (!turns.run(() -> opened(backstore, device, patience), patience)) {
      patience.pause(RESTART_PAUSE);
    }
  }

  /**
   * Here the kernel opens the device, exclusively.
   *
   * @return false when it is worth another attempt
   */
  private boolean opened(Path backstore, DevicePath device, Patience patience) throws IOException {
    try {
      configfs.write(backstore.resolve("enable"), "1");
      return true;
    } catch (IOException e) {
      String reason = KernelErrors.reason(e);
      if (reason.equals(KernelErrors.RESTART)) {
        return false;
      }
      if (!reason.equals(KernelErrors.BUSY) && !reason.equals(KernelErrors.ABSENT)) {
        throw e;
      }
      List<String> known = reason.equals(KernelErrors.BUSY) ? others(device, backstore) : List.of();
      String holder = known.isEmpty() ? "" : ", held by " + String.join(", ", known);
      throw VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, patience.problem())
          .reason("the kernel cannot open '" + device + "': " + reason + holder)
          .correction("see 'lsblk " + device + "' and end what uses it")
          .detail("holder", String.join(", ", known))
          .cause(e)
          .build();
    }
  }

  private List<String> others(DevicePath device, Path backstore) {
    String own = LioTree.name(LioTree.adapter(backstore)) + "/" + LioTree.name(backstore);
    return holders.of(device).stream()
        .filter(holder -> !holder.equals("LIO backstore " + own))
        .toList();
  }

  private void attributes(Path attributes) throws IOException {
    // The kernel fills this in when the device can discard, and refuses emulate_tpu otherwise.
    boolean discards = !configfs.read(attributes.resolve("max_unmap_block_desc_count")).equals("0");
    if (discards) {
      configfs.write(attributes.resolve("emulate_tpu"), "1");
    }
    for (var attribute : new TreeMap<>(config.deviceAttributes()).entrySet()) {
      configfs.write(attributes.resolve(attribute.getKey()), attribute.getValue());
    }
  }

  private Path group(ExportName export, Admission admitted) throws IOException {
    Path target = tree.targetFolder(export);
    Path group = LioTree.group(target);
    configfs.makeDirectory(target);
    configfs.makeDirectory(group);
    Path attributes = group.resolve("attrib");
    // With 1, which is the kernel's own default, nobody gets in before the secrets are written.
    configfs.write(attributes.resolve("authentication"), admitted.chap() == null ? "0" : "1");
    // No demo mode: an initiator that is not on the access list neither logs in nor discovers.
    configfs.write(attributes.resolve("generate_node_acls"), "0");
    configfs.write(attributes.resolve("cache_dynamic_acls"), "0");
    configfs.write(attributes.resolve("demo_mode_write_protect"), "1");
    configfs.write(attributes.resolve("demo_mode_discovery"), "0");
    return group;
  }

  private void lun(Path group, Path backstore) throws IOException {
    configfs.makeDirectory(LioTree.lun(group));
    configfs.link(LioTree.lun(group).resolve(LioTree.name(backstore)), backstore);
  }

  /** The kernel listens at an address that no interface has (IP_FREEBIND), where nobody comes. */
  private void requireHere(Portal portal, Patience patience) {
    if (!addresses.test(portal)) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, patience.problem())
          .reason("no interface of this machine has the address of '" + portal + "'")
          .correction("see 'ip address', then correct the portals of this NAS")
          .detail("portal", portal.toString())
          .build();
    }
  }

  private void accessList(Path group, Iqn initiator, String link) throws IOException {
    Path acl = LioTree.acls(group).resolve(initiator.value());
    configfs.makeDirectory(acl);
    Path mapped = acl.resolve("lun_0");
    configfs.makeDirectory(mapped);
    configfs.link(mapped.resolve(link), LioTree.lun(group));
    configfs.write(mapped.resolve("write_protect"), "0");
  }
}
