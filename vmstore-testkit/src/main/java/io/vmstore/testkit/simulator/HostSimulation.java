package io.vmstore.testkit.simulator;

import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.IscsiPath;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.managed.TargetName;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Portal;
import io.vmstore.testkit.memory.MemoryTarget;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A host, two arrays and a manager: volumes that share a target, over two portals and over one, and
 * one id too many for a disk. Processes die between any two changes, the host loses power, portals
 * are cut off, an array puts another disk in a volume's place; then everything heals.
 *
 * <p>Checked throughout: a volume that is attached is the disk it was, and its path leads there; no
 * device is taken away for a volume that it is not. Checked at rest: what was acknowledged is so,
 * nothing is half attached, the host has no session and no device that no volume asks for, and all
 * can be detached, after which nothing is left.
 */
final class HostSimulation {
  private static final Duration BUSY_TIME = Duration.ofSeconds(60);
  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration REST = Duration.ofMinutes(3);
  private static final List<Portal> PORTALS =
      List.of(Portal.parse("10.1.0.1"), Portal.parse("10.1.0.2"), Portal.parse("10.1.0.3"));

  private final World world;
  private final HostMachine host;
  private final HostManager manager;
  private final Trouble trouble;
  private final List<ManagedDisk> disks = new ArrayList<>();
  private final Set<ManagedDisk> swapped = new HashSet<>();

  private HostSimulation(World world) {
    this.world = world;
    this.trouble = Trouble.of(world.chance);
    this.host = new HostMachine(world, new SimulatedNetwork(world, trouble), trouble, "host1");
    this.manager = new HostManager(world, host, this::checkRemovals);
  }

  /** Runs the simulation of a seed. {@return what happened} */
  static World run(long seed, Set<Defect> defects) {
    World world = new World(seed, defects);
    new HostSimulation(world).run();
    return world;
  }

  private void run() {
    world.note("{}", trouble);
    prepare();
    host.start();
    disks.forEach(manager::own);
    planAccidents();
    pass(BUSY_TIME);
    world.note("everything heals");
    world.troubled = false;
    PORTALS.forEach(world.fabric::restore);
    pass(REST);
    if (world.violations.isEmpty()) {
      checkAtRest();
    }
  }

  private void prepare() {
    world.fabric.setMultipath(host.name, world.chance.of(0.5));
    MemoryTarget shared = target("shared", PORTALS.get(0), PORTALS.get(1));
    MemoryTarget other = target("other", PORTALS.get(2));
    put(shared, 1);
    put(shared, 10);
    put(other, 0);
    // One disk over one path each, which only one of the two ids may have.
    List<IscsiPath> paths = shared.connection(1).paths();
    disks.add(new ManagedDisk("v1", shared, 1, IscsiConnection.over(paths.subList(0, 1))));
    disks.add(new ManagedDisk("v1.again", shared, 1, IscsiConnection.over(paths.subList(1, 2))));
    disks.add(new ManagedDisk("v10", shared, 10, shared.connection(10)));
    disks.add(new ManagedDisk("v2", other, 0, other.connection(0)));
  }

  private MemoryTarget target(String name, Portal... portals) {
    return world.fabric.target(new TargetName("iqn.2009-01.com.array:" + name), portals);
  }

  private static void put(MemoryTarget target, int lun) {
    target.putDisk(lun, ByteSize.mebibytes(16));
    target.write(lun, 0, target.wwn(lun).getBytes(StandardCharsets.US_ASCII));
  }

  private void pass(Duration time) {
    long end = world.clock.nanoTime() + time.toNanos();
    while (world.clock.nanoTime() < end && world.violations.isEmpty()) {
      world.clock.advance(STEP);
      checkRemovals();
    }
  }

  private void planAccidents() {
    for (int i = 0; i < trouble.cuts() + 1; i++) {
      world.clock.schedule(this::accident, world.chance.between(Duration.ofSeconds(1), BUSY_TIME));
    }
  }

  private void accident() {
    if (!world.troubled) {
      return;
    }
    switch (world.chance.below(4)) {
      case 0 -> host.cutPower();
      case 1 -> host.kill();
      case 2 -> {
        ManagedDisk disk = world.chance.one(disks);
        world.note("array: puts another disk in the place of '{}'", disk.id);
        put(disk.target, disk.lun);
        swapped.add(disk);
      }
      default -> {
        Portal portal = world.chance.one(PORTALS);
        world.note("portal {} is cut off", portal);
        world.fabric.cut(portal);
        world.clock.schedule(
            () -> world.fabric.restore(portal),
            world.chance.between(Duration.ofSeconds(1), Duration.ofSeconds(30)));
      }
    }
  }

  private void checkRemovals() {
    world
        .fabric
        .takeRemovals()
        .forEach(
            removal ->
                disks.stream()
                    .filter(disk -> disk.id.equals(removal.name()))
                    .filter(disk -> disk.recorded() != null)
                    .filter(disk -> !removal.wwn().equals(disk.recorded()))
                    .forEach(
                        disk ->
                            world.violation(
                                "'{}' is '{}', and '{}' was taken away for it",
                                disk.id,
                                String.valueOf(disk.recorded()),
                                removal.wwn())));
  }

  private void checkAtRest() {
    Map<String, ManagedVolume> listed = new HashMap<>();
    manager.all().forEach(volume -> listed.put(volume.id(), volume));
    disks.forEach(disk -> check(disk, Optional.ofNullable(listed.get(disk.id))));
    checkOneIdADisk(listed);
    checkHost(listed);
    disks.forEach(manager::end);
    List<ManagedVolume> left = manager.all();
    if (!left.isEmpty()) {
      world.violation("after the last detach there is {}", left);
    }
    checkHost(Map.of());
  }

  private void check(ManagedDisk disk, Optional<ManagedVolume> volume) {
    boolean wrong =
        switch (disk.belief) {
          case DETACHED -> volume.isPresent();
          case ATTACHED ->
              volume.isEmpty()
                  || volume.get().attachment() == null
                  || !ManagedDisk.wwn(volume.get()).equals(disk.recorded());
          case UNKNOWN -> volume.isPresent() && volume.get().attachment() == null;
        };
    if (wrong) {
      world.violation("'{}' was acknowledged as {}, and is {}", disk.id, disk.belief, volume);
    }
    volume.filter(ManagedVolume::exists).ifPresent(here -> manager.requireItself(disk, here));
  }

  private void checkOneIdADisk(Map<String, ManagedVolume> listed) {
    Set<String> seen = new HashSet<>();
    listed.values().stream()
        .filter(volume -> volume.attachment() != null)
        .filter(volume -> !seen.add(ManagedDisk.wwn(volume)))
        .forEach(volume -> world.violation("another id has the disk of {}", volume));
  }

  /** Where another disk came, nobody touches its device: whose it is, nothing says any more. */
  private boolean isSwapped(IscsiPath path) {
    return swapped.stream()
        .flatMap(disk -> disk.target.connection(disk.lun).paths().stream())
        .anyMatch(path::equals);
  }

  /** Every session and device is one that a volume asks for. */
  private void checkHost(Map<String, ManagedVolume> listed) {
    Set<IscsiPath> wanted =
        listed.values().stream()
            .flatMap(volume -> volume.connection().paths().stream())
            .collect(Collectors.toSet());
    List<IscsiPath> there = world.fabric.managedPaths(host.name);
    List<IscsiPath> left =
        there.stream().filter(path -> !wanted.contains(path) && !isSwapped(path)).toList();
    if (!left.isEmpty()) {
      world.violation("no volume asks for {}", left);
    }
    Set<String> needed =
        Stream.concat(there.stream(), wanted.stream())
            .map(path -> path.portal() + " " + path.target())
            .collect(Collectors.toSet());
    world.fabric.managedContents(host.name).stream()
        .filter(line -> line.startsWith("session "))
        .filter(line -> !needed.contains(line.substring("session ".length())))
        .forEach(line -> world.violation("no volume asks for {}", line));
  }
}
