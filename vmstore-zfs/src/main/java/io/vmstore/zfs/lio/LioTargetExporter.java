package io.vmstore.zfs.lio;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.DeviceHolders;
import io.vmstore.model.ChapMode;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.spi.Export;
import io.vmstore.spi.TargetExporter;
import io.vmstore.spi.Zvol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Exports block devices through LIO, the kernel's own target, by writing its configfs tree; no
 * program is run. Each volume has a backstore, and each mapping of it a target with an access list,
 * of its own, so volumes do not wait for one another, but for the moment in which one's device is
 * opened.
 *
 * <p>The tree is gone after a reboot. {@code target.service}, which restores targetcli's file at
 * boot and removes what it does not know, must not run beside it.
 *
 * <p>A write that hangs inside the kernel, as one that ends a session whose device no longer
 * answers, outlasts the deadline; nothing can end it.
 *
 * <p>Thread safety: thread-safe.
 */
public final class LioTargetExporter implements TargetExporter {
  private interface Demolition {
    void run(Patience patience) throws IOException;
  }

  private final LioConfig config;
  private final Configfs configfs;
  private final LioTree tree;
  private final LioBuilder builder;
  private final LioDemolition demolition;
  private volatile boolean closed;

  /** Exports by the tree under the configuration's root. */
  public LioTargetExporter(LioConfig config) {
    this(config, new NioConfigfs(), new DeviceHolders(), new LocalAddresses());
  }

  LioTargetExporter(
      LioConfig config, Configfs configfs, DeviceHolders holders, Predicate<Portal> addresses) {
    this.config = config;
    this.configfs = configfs;
    this.tree = new LioTree(configfs, config);
    this.builder = new LioBuilder(configfs, config, tree, holders, addresses);
    this.demolition = new LioDemolition(configfs, tree);
  }

  @Override
  public Target targetOf(ZvolName zvol, VolumeId id, long generation) {
    return tree.target(new ExportName(id, generation));
  }

  @Override
  public ChapMode chap() {
    return config.chap();
  }

  @Override
  public Export export(
      Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline) {
    String problem = "cannot export zvol '" + zvol.name() + "' to '" + admitted.initiator() + "'";
    Patience patience = enter(problem, deadline);
    ExportName name = new ExportName(id, generation);
    try {
      requireKernel(problem);
      return tree.absent(name)
          ? exportNew(name, zvol, admitted, patience)
          : exportAgain(name, zvol, admitted, patience);
    } catch (IOException e) {
      throw KernelErrors.of(problem, e, false);
    }
  }

  /**
   * Without a look at other exports, however many there are: where there is no backstore in its
   * usual place there is no other mapping's target either, and if one is somewhere else all the
   * same, the kernel does not open the device twice.
   */
  private Export exportNew(ExportName name, Zvol zvol, Admission admitted, Patience patience)
      throws IOException {
    try {
      build(name, zvol.device(), admitted, patience, undo -> demolition.demolish(name, undo));
    } catch (VmStoreException e) {
      boolean inUse = e.code() == ErrorCode.FAILED_PRECONDITION && !e.outcomeUnknown();
      if (inUse && tree.hasTraces(name.volume())) {
        return exportAgain(name, zvol, admitted, patience);
      }
      throw e;
    }
    return new Export(
        name.volume(),
        tree.target(name),
        zvol.device(),
        Set.of(admitted.initiator()),
        Set.of(),
        admitted.mode());
  }

  private Export exportAgain(ExportName name, Zvol zvol, Admission admitted, Patience patience)
      throws IOException {
    refuseOtherMapping(name, patience.problem());
    LioState before = tree.state(name);
    refuseOther(before, zvol, admitted.initiator(), patience.problem());
    if (before.enabled()) {
      complete(name, before, admitted, patience);
    } else {
      rebuild(name, before, zvol.device(), admitted, patience);
    }
    return made(name, patience.problem());
  }

  private Export made(ExportName name, String problem) {
    try {
      return export(tree.state(name));
    } catch (IOException e) {
      throw KernelErrors.of(problem, e, true);
    }
  }

  /** An initiator may be logged in, so nothing is taken away from an export that is enabled. */
  private void complete(ExportName name, LioState before, Admission admitted, Patience patience) {
    if (!before.complete()) {
      throw refused(patience.problem(), "its target was changed by hand")
          .correction("end the export, which removes '" + before.where().iqn() + "', then repeat")
          .build();
    }
    try {
      builder.ask(name, admitted, patience);
      builder.portals(name, patience);
    } catch (IOException e) {
      throw KernelErrors.of(patience.problem(), e, true);
    } catch (VmStoreException e) {
      throw KernelErrors.uncertain(e, "it stays exported as it was");
    }
  }

  private void rebuild(
      ExportName name, LioState before, DevicePath device, Admission admitted, Patience patience) {
    Demolition everything = undo -> demolition.demolishEverywhere(name.volume(), undo);
    requireDevice(device, patience);
    try {
      if (!before.absent()) {
        everything.run(patience);
      }
    } catch (IOException e) {
      throw undone(KernelErrors.of(patience.problem(), e, false), everything);
    } catch (VmStoreException e) {
      throw undone(e, everything);
    }
    build(name, device, admitted, patience, everything);
  }

  private void build(
      ExportName name,
      DevicePath device,
      Admission admitted,
      Patience patience,
      Demolition undoing) {
    requireDevice(device, patience);
    try {
      builder.build(name, device, admitted, patience);
    } catch (IOException e) {
      throw undone(KernelErrors.of(patience.problem(), e, false), undoing);
    } catch (VmStoreException e) {
      throw undone(e, undoing);
    }
  }

  private static void requireDevice(DevicePath device, Patience patience) {
    if (!Files.exists(device.toPath())) {
      throw refused(patience.problem(), "there is no device '" + device + "'")
          .correction("see whether the pool is imported and udev has made its links")
          .build();
    }
  }

  private static VmStoreException undone(VmStoreException failure, Demolition undoing) {
    try {
      undoing.run(Patience.undoing(failure.problem()));
      return failure;
    } catch (IOException | VmStoreException stuck) {
      return KernelErrors.uncertain(failure, "undoing it failed: " + stuck.getMessage());
    }
  }

  /** Even one that is half-made: whoever had that mapping must be seen gone first. */
  private void refuseOtherMapping(ExportName name, String problem) throws IOException {
    for (Path target : tree.targets(name.volume())) {
      if (!target.equals(tree.targetFolder(name))) {
        throw refused(problem, "another mapping exports it as '" + LioTree.name(target) + "'")
            .correction("end that export first")
            .build();
      }
    }
  }

  private void refuseOther(LioState before, Zvol zvol, Iqn initiator, String problem) {
    if (!before.device().isEmpty() && !before.device().equals(zvol.device().value())) {
      throw refused(problem, "its target shows '" + before.device() + "', another volume")
          .correction("list the exports and end the one that is not meant")
          .build();
    }
    if (before.admitsOther(initiator)) {
      throw refused(problem, "it is exported to '" + String.join(", ", before.acl()) + "'")
          .correction("unmap it there first")
          .detail("initiator", String.join(", ", before.acl()))
          .build();
    }
  }

  /** Making the folder loads the module (target_core_configfs.c, target_core_register_fabric). */
  private void requireKernel(String problem) {
    try {
      if (!configfs.exists(tree.iscsi())) {
        configfs.makeDirectory(tree.iscsi());
      }
    } catch (IOException e) {
      if (!configfs.exists(tree.iscsi())) {
        throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
            .reason("the kernel has no '" + tree.iscsi() + "': " + KernelErrors.reason(e))
            .correction("mount configfs, then 'modprobe -a target_core_mod iscsi_target_mod'")
            .cause(e)
            .build();
      }
    }
  }

  @Override
  public void unexport(VolumeId id, OpenSessions sessions, Deadline deadline) {
    String problem = "cannot end the export of volume '" + id + "'";
    Patience patience = enter(problem, deadline);
    if (sessions == OpenSessions.REFUSE) {
      refuseLoggedIn(id, problem);
    }
    try {
      demolition.demolish(id, patience.changing());
    } catch (IOException e) {
      throw KernelErrors.of(problem, e, true);
    }
  }

  private void refuseLoggedIn(VolumeId id, String problem) {
    Set<String> initiators = new TreeSet<>();
    try {
      for (Path target : tree.targets(id)) {
        initiators.addAll(tree.sessions(LioTree.group(target)));
      }
    } catch (IOException e) {
      throw KernelErrors.of(problem, e, false);
    }
    String loggedIn = String.join(", ", initiators);
    if (!loggedIn.isEmpty()) {
      throw refused(problem, "'" + loggedIn + "' is logged in")
          .correction("unmap it on the compute node, or fence the node off by force")
          .detail("initiator", loggedIn)
          .build();
    }
  }

  @Override
  public List<Export> list(Deadline deadline) {
    String problem = "cannot list the exports";
    enter(problem, deadline);
    try {
      return tree.states().stream().map(this::export).toList();
    } catch (IOException e) {
      throw KernelErrors.of(problem, e, false);
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private Export export(LioState state) {
    return state.toExport(DevicePath.of(config.root()));
  }

  private Patience enter(String problem, Deadline deadline) {
    if (closed) {
      throw VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
          .reason("the target exporter is closed")
          .correction("open a new one")
          .build();
    }
    Patience patience = Patience.of(problem, deadline);
    patience.check();
    return patience;
  }

  private static VmStoreException.Builder refused(String problem, String reason) {
    return VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem).reason(reason);
  }
}
