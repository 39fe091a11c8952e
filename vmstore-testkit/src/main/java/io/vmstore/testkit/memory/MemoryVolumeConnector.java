package io.vmstore.testkit.memory;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiConnection.AccessMode;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.ManagedVolume.Attachment;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.spi.VolumeConnector;
import io.vmstore.testkit.memory.HostSession.HostDevice;
import io.vmstore.testkit.memory.MemoryHost.MultipathMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An initiator of any target in memory, with or without multipath. Thread-safe. */
final class MemoryVolumeConnector implements VolumeConnector {
  private final PortLifecycle lifecycle = new PortLifecycle("volume connector");
  private final FabricState state;
  private final NodeName compute;
  private final Reach reach;

  /** What happens between two changes of the machine. */
  private final Runnable between;

  MemoryVolumeConnector(FabricState state, NodeName compute, Iqn initiator, Runnable between) {
    this.state = state;
    this.compute = compute;
    this.reach = new Reach(state, compute, initiator);
    this.between = between;
  }

  @Override
  public ConnectorInfo connectorInfo() {
    lifecycle.enter("cannot say what this machine is");
    synchronized (state) {
      return new ConnectorInfo(
          reach.initiator(),
          "10.0.0.1",
          compute.value(),
          "x86_64",
          "linux",
          host().multipath,
          false,
          Map.of());
    }
  }

  private MemoryHost host() {
    return state.hostOf(compute);
  }

  @Override
  public Device connect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    String problem = "cannot connect volume '" + name + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      if (connection.enforceMultipath() && !host().multipath) {
        throw failure(ErrorCode.FAILED_PRECONDITION, problem, "multipathd does not run");
      }
      List<HostSession> sessions = host().sessions();
      Set<HostDevice> devices = new LinkedHashSet<>(host().all().toList());
      boolean linked = host().linked(name).isPresent();
      try {
        List<HostDevice> paths = bringUp(connection, deadline, problem);
        requireOneDisk(paths, connection.serial(), wwn, problem);
        between.run();
        paths.forEach(path -> path.wwn = identity(path)); // what a rescan shows
        paths.forEach(path -> path.readOnly = connection.access() == AccessMode.READ_ONLY);
        Device device = join(name, paths);
        between.run();
        return device;
      } catch (VmStoreException e) {
        host().all().filter(device -> !devices.contains(device)).toList().forEach(host()::remove);
        host().sessions().stream()
            .filter(session -> !sessions.contains(session))
            .forEach(host()::logOut);
        if (!linked) {
          host().unlink(name);
        }
        throw e;
      }
    }
  }

  /**
   * Without multipath the first path that works is used, one that is there already before others.
   */
  private List<HostDevice> bringUp(IscsiConnection connection, Deadline deadline, String problem) {
    List<IscsiPath> order = new ArrayList<>(connection.paths());
    order.sort(Comparator.comparing(path -> host().device(path).isEmpty()));
    List<HostDevice> devices = new ArrayList<>();
    Set<ErrorCode> refusals = new TreeSet<>(Comparator.comparing(MemoryVolumeConnector::weight));
    for (IscsiPath path : order) {
      if (devices.isEmpty() || host().multipath) {
        bringUp(path, connection, refusals, deadline, problem).ifPresent(devices::add);
      }
    }
    if (devices.isEmpty()) {
      throw failure(
          refusals.iterator().next(), problem, "no path of " + connection.paths() + " works");
    }
    return devices;
  }

  private static int weight(ErrorCode code) {
    return List.of(ErrorCode.PERMISSION_DENIED, ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE)
        .indexOf(code);
  }

  private Optional<HostDevice> bringUp(
      IscsiPath path,
      IscsiConnection connection,
      Set<ErrorCode> refusals,
      Deadline deadline,
      String problem) {
    Optional<ErrorCode> refusal = reach.refusal(path.portal(), path.target(), connection.chap());
    if (refusal.isPresent()) {
      refusals.add(refusal.get());
      return Optional.empty();
    }
    HostSession session =
        host().session(path).orElseGet(() -> host().logIn(path, connection.chap()));
    between.run();
    Optional<MemoryDisk> disk = await(session, path.lun(), deadline, problem);
    if (disk.isEmpty()) {
      refusals.add(ErrorCode.NOT_FOUND);
      host().endIfIdle(session);
      return Optional.empty();
    }
    HostDevice device = session.devices.get(path.lun());
    if (device == null) {
      device = host().add(session, path.lun(), disk.get());
      between.run();
    }
    return Optional.of(device);
  }

  private Optional<MemoryDisk> await(
      HostSession session, int lun, Deadline deadline, String problem) {
    Optional<MemoryDisk> disk = reach.disk(session, lun);
    while (disk.isPresent() && disk.get().hidden()) {
      long left = deadline.remaining().toMillis();
      if (left == 0) {
        throw failure(ErrorCode.DEADLINE_EXCEEDED, problem, "no device appeared");
      }
      try {
        state.wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure(ErrorCode.CANCELLED, problem, "the calling thread was interrupted");
      }
      disk = reach.disk(session, lun);
    }
    return disk;
  }

  private void requireOneDisk(
      List<HostDevice> paths, @Nullable String serial, @Nullable String wwn, String problem) {
    Set<String> names = new TreeSet<>(paths.stream().map(this::identity).toList());
    if (names.size() > 1) {
      throw failure(
          ErrorCode.FAILED_PRECONDITION, problem, "its paths lead to different disks: " + names);
    }
    if (wwn != null && !names.contains(wwn)) {
      throw failure(
          ErrorCode.FAILED_PRECONDITION, problem, "its disk is " + names + ", not '" + wwn + "'");
    }
    for (HostDevice path : paths) {
      String found = reach.disk(path.session, path.lun).map(MemoryDisk::serial).orElse("");
      if (serial != null && !serial.equals(found)) {
        throw failure(
            ErrorCode.FAILED_PRECONDITION,
            problem,
            "its serial is '" + found + "', not '" + serial + "'");
      }
    }
  }

  /** What a device says of itself now, or said, when it does not answer. */
  private String identity(HostDevice device) {
    return reach.disk(device.session, device.lun).map(MemoryDisk::wwn).orElse(device.wwn);
  }

  private Device join(String name, List<HostDevice> paths) {
    HostDevice first = paths.get(0);
    if (host().multipath) {
      return device(host().join(identity(first), paths));
    }
    DevicePath link = host().link(name, first);
    return new Device(link, new Attachment(first.path, identity(first), null), first.size);
  }

  private Device device(MultipathMap map) {
    return new Device(
        map.path(),
        new Attachment(map.device(), map.wwn(), map.wwn()),
        map.paths().iterator().next().size);
  }

  @Override
  public void disconnect(
      String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline) {
    String problem = "cannot disconnect volume '" + name + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      List<HostDevice> mine =
          host().devices(connection).stream()
              .filter(device -> wwn == null || wwn.equals(identity(device)))
              .toList();
      mine.forEach(device -> requireUnused(device, mine, problem));
      mine.forEach(
          device -> {
            state.removed(name, identity(device));
            host().remove(device);
            between.run();
          });
      host().unlink(name);
      connection.paths().stream()
          .flatMap(path -> host().session(path).stream())
          .forEach(host()::endIfIdle);
    }
  }

  /** A map that keeps other paths stays usable, whoever has it open. */
  private void requireUnused(HostDevice device, List<HostDevice> mine, String problem) {
    Optional<MultipathMap> map = host().mapOf(device);
    if (map.isPresent() && !mine.containsAll(map.get().paths())) {
      return;
    }
    DevicePath path = map.map(MultipathMap::device).orElse(device.path);
    List<String> holders = host().holders(path);
    if (!holders.isEmpty()) {
      String holder = String.join(", ", new TreeSet<>(holders));
      throw VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
          .reason("its device '" + path + "' is open in " + holder)
          .correction("end that first")
          .detail("holder", holder)
          .build();
    }
  }

  @Override
  public Optional<Device> find(
      String name, IscsiConnection connection, String wwn, Deadline deadline) {
    lifecycle.enter("cannot find volume '" + name + "'", deadline);
    synchronized (state) {
      return found(name, connection, wwn);
    }
  }

  private Optional<Device> found(String name, IscsiConnection connection, String wwn) {
    List<HostDevice> devices = host().devices(connection);
    if (devices.stream().anyMatch(device -> !identity(device).equals(wwn))) {
      return Optional.empty();
    }
    List<HostDevice> alive = devices.stream().filter(this::works).toList();
    if (host().multipath) {
      return alive.stream()
          .flatMap(device -> host().mapOf(device).stream())
          .findFirst()
          .map(this::device);
    }
    DevicePath linked = host().linked(name).orElse(null);
    return alive.stream()
        .filter(device -> device.path.equals(linked))
        .findFirst()
        .map(device -> join(name, List.of(device)));
  }

  private boolean works(HostDevice device) {
    return reach.disk(device.session, device.lun).filter(disk -> !disk.hidden()).isPresent();
  }

  @Override
  public Device extend(String name, IscsiConnection connection, String wwn, Deadline deadline) {
    String problem = "cannot extend volume '" + name + "'";
    lifecycle.enter(problem, deadline);
    synchronized (state) {
      List<HostDevice> devices = host().devices(connection);
      if (devices.isEmpty()) {
        throw failure(ErrorCode.NOT_FOUND, problem, "it is not connected here");
      }
      requireOneDisk(devices, null, wwn, problem);
      devices.forEach(
          device ->
              reach
                  .disk(device.session, device.lun)
                  .ifPresent(disk -> device.size = Objects.requireNonNull(disk).size()));
      return found(name, connection, wwn)
          .orElseThrow(() -> failure(ErrorCode.UNAVAILABLE, problem, "no path of it works"));
    }
  }

  private static VmStoreException failure(ErrorCode code, String problem, String reason) {
    return VmStoreException.builder(code, problem)
        .reason(reason)
        .correction("look at the target")
        .build();
  }

  @Override
  public void close() {
    lifecycle.close();
  }
}
