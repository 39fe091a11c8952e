package io.vmstore.testkit.simulator;

import io.vmstore.CallOptions;
import io.vmstore.ManagedVolumes;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.ManagedVolume;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.testkit.simulator.ManagedDisk.Belief;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * A manager of virtual machines on a host: it attaches, extends and detaches volumes, one call a
 * volume at a time, and believes what it is told. A call that its process took along is not
 * answered, and the manager gives it up.
 */
final class HostManager {
  private static final Duration THINKS_LEAST = Duration.ofMillis(20);
  private static final Duration THINKS_MOST = Duration.ofSeconds(4);
  private static final Duration SHORTEST = Duration.ofSeconds(2);
  private static final Duration LONGEST = Duration.ofSeconds(40);

  private final World world;
  private final HostMachine host;
  private final Runnable judge;
  private final SimulatedProcess process;

  /**
   * Makes one that has not begun.
   *
   * @param judge looks at what was done for volumes, before the manager is told otherwise of one
   */
  HostManager(World world, HostMachine host, Runnable judge) {
    this.world = world;
    this.host = host;
    this.judge = judge;
    this.process = new SimulatedProcess(world, "manager", () -> {});
  }

  /** Begins to do something with a volume, and goes on while there is trouble. */
  void own(ManagedDisk disk) {
    process.schedule(() -> act(disk), world.chance.between(THINKS_LEAST, THINKS_MOST));
  }

  private void act(ManagedDisk disk) {
    if (!world.troubled) {
      return;
    }
    judge.run();
    int choice = world.chance.below(10);
    if (disk.belief == Belief.DETACHED || choice < 3) {
      attach(disk);
    } else if (choice < 5 && disk.belief == Belief.ATTACHED) {
      extend(disk);
    } else {
      detach(disk);
    }
  }

  private void attach(ManagedDisk disk) {
    if (disk.belief != Belief.ATTACHED) {
      disk.told = null;
    }
    Belief before = disk.belief;
    call(
        disk,
        "attach",
        (volumes, options) -> volumes.attachVolume(disk.id, disk.connection, options),
        volume -> attached(disk, volume),
        () -> disk.belief = before);
  }

  /** A volume that is attached is the disk it was. */
  private void attached(ManagedDisk disk, ManagedVolume volume) {
    String recorded = disk.recorded();
    if (recorded != null && !recorded.equals(ManagedDisk.wwn(volume))) {
      world.violation("'{}' was '{}' and is {}", disk.id, recorded, volume);
    }
    disk.told = volume;
    disk.belief = Belief.ATTACHED;
    requireItself(disk, volume);
  }

  /** The path leads to the disk that it is said to be; every disk has its name in its bytes. */
  void requireItself(ManagedDisk disk, ManagedVolume volume) {
    DevicePath path = volume.path();
    String wwn = ManagedDisk.wwn(volume);
    try {
      if (path != null && !wwn.equals(name(path, wwn.length()))) {
        world.violation("'{}' is said to be '{}' and is not", disk.id, wwn);
      }
    } catch (UncheckedIOException e) {
      // its paths were cut just now
    }
  }

  private String name(DevicePath path, int length) {
    return new String(world.fabric.read(host.name, path, 0, length), StandardCharsets.US_ASCII);
  }

  private void extend(ManagedDisk disk) {
    ByteSize size = ByteSize.mebibytes(16 + world.chance.below(100));
    disk.target.resize(disk.lun, size);
    call(
        disk,
        "extend",
        (volumes, options) -> volumes.extendVolume(disk.id, options),
        volume -> disk.belief = Belief.ATTACHED,
        () -> disk.belief = Belief.ATTACHED);
  }

  private void detach(ManagedDisk disk) {
    Belief before = disk.belief;
    Runnable close = world.chance.of(0.2) ? open(disk) : () -> {};
    call(
        disk,
        "detach",
        (volumes, options) -> volumes.detachVolume(disk.id, options),
        nothing -> {
          disk.belief = Belief.DETACHED;
          disk.told = null;
        },
        () -> disk.belief = before);
    process.schedule(close, Duration.ofSeconds(3));
  }

  /** A guest that is still running when its disk is taken. */
  private Runnable open(ManagedDisk disk) {
    DevicePath path = disk.told == null ? null : disk.told.path();
    try {
      return path == null ? () -> {} : world.fabric.open(host.name, path, "qemu (pid 1)");
    } catch (UncheckedIOException e) {
      return () -> {};
    }
  }

  private <T> void call(
      ManagedDisk disk,
      String what,
      BiFunction<ManagedVolumes, CallOptions, CompletableFuture<T>> call,
      Consumer<T> success,
      Runnable unchanged) {
    Duration timeout = world.chance.between(SHORTEST, LONGEST);
    world.note("manager: {} {}", what, disk.id);
    disk.belief = Belief.UNKNOWN;
    AtomicBoolean answered = new AtomicBoolean();
    if (host.alive()) {
      call.apply(host.volumes(), CallOptions.within(timeout))
          .whenComplete(
              (value, thrown) -> {
                // A process that is dead answers nothing, whatever its futures say.
                if (host.alive() && !answered.getAndSet(true)) {
                  answer(disk, what, value, thrown, success, unchanged);
                }
              });
    }
    process.schedule(
        () -> {
          if (!answered.getAndSet(true)) {
            world.note("manager: {} {}: no answer", what, disk.id);
            own(disk);
          }
        },
        timeout.plusSeconds(1));
  }

  private <T> void answer(
      ManagedDisk disk,
      String what,
      T value,
      Throwable thrown,
      Consumer<T> success,
      Runnable unchanged) {
    judge.run();
    if (thrown == null) {
      world.note("manager: {} {}: done", what, disk.id);
      success.accept(value);
    } else {
      VmStoreException failure = Failures.of(thrown);
      world.note("manager: {} {}: {}", what, disk.id, Failures.text(failure));
      if (failure.code() == ErrorCode.INTERNAL) {
        world.violation("a call failed with {}", Failures.text(failure));
      }
      if (!failure.outcomeUnknown()) {
        unchanged.run();
      }
    }
    own(disk);
  }

  /** {@return what the host says of all its volumes, at rest} */
  List<ManagedVolume> all() {
    CompletableFuture<List<ManagedVolume>> question =
        host.volumes().volumesInfo(Set.of(), CallOptions.within(Duration.ofSeconds(20)));
    world.clock.advance(Duration.ofSeconds(25));
    return question
        .exceptionally(
            failure -> {
              world.violation("no answer at rest: {}", Failures.text(failure));
              return List.of();
            })
        .getNow(List.of());
  }

  /** Takes a volume away at rest, which must not fail. */
  void end(ManagedDisk disk) {
    CompletableFuture<Void> ending =
        host.volumes().detachVolume(disk.id, CallOptions.within(Duration.ofSeconds(20)));
    world.clock.advance(Duration.ofSeconds(25));
    ending.whenComplete(
        (nothing, failure) -> {
          if (failure != null) {
            world.violation("cannot detach '{}': {}", disk.id, Failures.text(failure));
          }
        });
    if (!ending.isDone()) {
      world.violation("detaching '{}' is not answered", disk.id);
    }
  }
}
