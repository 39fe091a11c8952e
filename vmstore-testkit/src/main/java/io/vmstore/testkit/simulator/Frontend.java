package io.vmstore.testkit.simulator;

import io.vmstore.CallOptions;
import io.vmstore.ExposeZvol;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.core.VmStore;
import io.vmstore.core.flow.Failures;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.testkit.simulator.Volume.Belief;
import io.vmstore.testkit.simulator.Volume.Disk;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A VM manager: it maps, exposes, grows, unmaps and deletes its volumes, one call a volume at a
 * time, repeats what was not answered, and believes what it is told.
 */
final class Frontend {
  private static final ByteSize SIZE = ByteSize.mebibytes(8);
  private static final Duration THINKS_LEAST = Duration.ofMillis(20);
  private static final Duration THINKS_MOST = Duration.ofSeconds(4);
  private static final Duration SHORTEST = Duration.ofSeconds(2);
  private static final Duration LONGEST = Duration.ofSeconds(40);

  private static final String GROW = "grow";
  private static final String ELSEWHERE = "map elsewhere";

  /** What a guest does not notice. */
  private static final Set<String> LEAVES_IT = Set.of(GROW, ELSEWHERE);

  private final World world;
  private final SimulatedProcess process;
  private final NasService nas;
  private final List<NodeName> computes;
  private final ForeignHost foreign;
  private long operations;

  Frontend(World world, SimulatedNetwork network, NodeName nas, List<NodeName> computes) {
    this.world = world;
    this.process = new SimulatedProcess(world, "frontend", () -> {});
    this.nas =
        VmStore.over(network.transport(process, "frontend"), SimulatedNetwork.USERS).nas(nas);
    this.computes = computes;
    this.foreign = new ForeignHost(world);
  }

  NasService nas() {
    return nas;
  }

  /** Begins to do something with a volume, and goes on while there is trouble. */
  void own(Volume volume) {
    process.schedule(() -> act(volume), world.chance.between(THINKS_LEAST, THINKS_MOST));
  }

  private void act(Volume volume) {
    if (!world.troubled) {
      if (volume.belief != Belief.EXPOSED) {
        foreign.logOut(volume); // or what was begun with it could not end
      }
      return;
    }
    switch (volume.belief) {
      case ABSENT -> handOver(volume);
      case UNMAPPED -> {
        switch (world.chance.below(8)) {
          case 0, 1 -> delete(volume);
          case 2 -> grow(volume);
          default -> handOver(volume);
        }
      }
      case MAPPED -> {
        if (world.chance.of(0.3)) {
          grow(volume);
        } else {
          leave(volume);
        }
      }
      case EXPOSED -> consume(volume);
      case UNKNOWN -> settle(volume);
    }
  }

  private void handOver(Volume volume) {
    if (world.chance.of(0.3)) {
      expose(volume);
    } else {
      map(volume);
    }
  }

  private void consume(Volume volume) {
    if (volume.login == null && world.chance.of(0.9)) {
      foreign.logIn(volume);
      own(volume);
      return;
    }
    switch (world.chance.below(8)) {
      case 0, 1 -> grow(volume);
      case 2 -> mapElsewhere(volume, computes);
      case 3 -> force(volume);
      case 4 -> unmap(volume); // refused, if the foreign host has a session
      default -> {
        foreign.logOut(volume);
        unmap(volume);
      }
    }
  }

  private void leave(Volume volume) {
    Mapping mapping = volume.mapping;
    if (mapping != null && world.chance.of(0.2)) {
      mapElsewhere(volume, mapping);
    } else if (mapping != null && world.chance.of(0.25)) {
      force(volume);
    } else {
      unmap(volume);
    }
  }

  private void settle(Volume volume) {
    switch (world.chance.below(4)) {
      case 0 -> handOver(volume);
      case 1 -> force(volume);
      case 2 -> delete(volume);
      default -> unmap(volume);
    }
  }

  private void map(Volume volume) {
    MapZvol request = new MapZvol(volume.name, world.chance.one(computes), SIZE);
    call(
        volume,
        "map to " + request.remoteHost(),
        (service, options) -> hurried(volume, service.mapZvol(request, options)),
        mapping -> {
          volume.mapping = mapping;
          handedOver(volume, Belief.MAPPED);
        });
  }

  private void handedOver(Volume volume, Belief belief) {
    volume.belief = belief;
    volume.created = true;
    world.fencing.remove(volume.name);
  }

  private void expose(Volume volume) {
    ExposeZvol request = new ExposeZvol(volume.name, foreign.name, foreign.initiator(), SIZE);
    call(
        volume,
        "expose",
        (service, options) -> hurried(volume, service.exposeZvol(request, options)),
        exposure -> {
          Exposure before = volume.loggedIn;
          if (before != null && before.generation() != exposure.generation()) {
            foreign.logOut(volume);
          }
          volume.exposure = exposure;
          volume.seen = 0; // it looks when it is told to
          handedOver(volume, Belief.EXPOSED);
          foreign.logIn(volume);
        });
  }

  /** To a size that may be less than it has, which is refused. */
  private void grow(Volume volume) {
    ByteSize wanted = new ByteSize(SIZE.bytes() * (1 + world.chance.below(4)));
    call(
        volume,
        GROW,
        (service, options) -> service.growZvol(volume.name, wanted, options),
        size -> {
          if (size.compareTo(wanted) < 0 || size.bytes() < volume.size) {
            world.violation(
                "'{}' has {} by answer, after {} and asked for {}",
                volume.name,
                size,
                volume.size,
                wanted);
          }
          volume.size = size.bytes();
          if (volume.belief == Belief.MAPPED) {
            volume.seen = size.bytes();
          } else if (volume.belief == Belief.EXPOSED) {
            ByteSize seen = foreign.look(volume, size);
            volume.seen = seen == null ? volume.seen : seen.bytes();
          }
          volume.work();
        });
  }

  /** It is not this owner's intention that this succeeds. */
  private void mapElsewhere(Volume volume, Mapping mapping) {
    List<NodeName> others =
        computes.stream().filter(compute -> !compute.equals(mapping.host())).toList();
    mapElsewhere(volume, others);
  }

  private void mapElsewhere(Volume volume, List<NodeName> others) {
    MapZvol request = new MapZvol(volume.name, world.chance.one(others), SIZE);
    call(
        volume,
        ELSEWHERE,
        (service, options) -> service.mapZvol(request, options),
        other -> world.violation("'{}' is mapped to two hosts by answer", volume.name));
  }

  private void unmap(Volume volume) {
    Mapping mapping = volume.mapping;
    Runnable close = world.chance.of(0.2) ? open(mapping) : () -> {};
    call(
        volume,
        "unmap",
        (service, options) -> hurried(volume, service.unmapZvol(volume.name, options)),
        nothing -> left(volume));
    process.schedule(close, Duration.ofSeconds(3));
  }

  private void left(Volume volume) {
    volume.belief = Belief.UNMAPPED;
    volume.mapping = null;
    volume.seen = 0;
    foreign.logOut(volume);
  }

  /** A guest that is still running when its disk is asked back. */
  private Runnable open(@Nullable Mapping mapping) {
    try {
      return mapping == null
          ? () -> {}
          : world.fabric.open(mapping.host(), mapping.stablePath(), "qemu (pid 1)");
    } catch (UncheckedIOException e) {
      return () -> {};
    }
  }

  private void force(Volume volume) {
    Disk old = volume.disk();
    world.fencing.add(volume.name);
    call(
        volume,
        "force",
        (service, options) -> service.forceUnmapZvol(volume.name, options),
        nothing -> {
          if (old != null) {
            volume.workLate(old);
          }
          left(volume);
          if (old != null) {
            workLater(volume, old, 8);
          }
        });
  }

  /**
   * Sometimes somebody forces the volume free while a call of it is not answered yet. What became
   * of the volume is not known then, once both are answered.
   */
  private <T> CompletableFuture<T> hurried(Volume volume, CompletableFuture<T> call) {
    if (!world.chance.of(0.15)) {
      return call;
    }
    CompletableFuture<Void> aWhile = new CompletableFuture<>();
    process.schedule(() -> aWhile.complete(null), world.chance.between(THINKS_LEAST, THINKS_MOST));
    return aWhile.thenCompose(
        nothing -> call.isDone() ? call : forceMeanwhile(volume).thenCompose(any -> mixed(call)));
  }

  private CompletableFuture<Boolean> forceMeanwhile(Volume volume) {
    world.note("frontend: force {} meanwhile", volume.name);
    world.fencing.add(volume.name);
    return nas.forceUnmapZvol(
            volume.name, CallOptions.within(world.chance.between(SHORTEST, LONGEST)))
        .handle((nothing, failure) -> failure == null);
  }

  private static <T> CompletableFuture<T> mixed(CompletableFuture<T> call) {
    return call.handle((value, failure) -> failure == null ? "it was done" : Failures.text(failure))
        .thenCompose(
            became ->
                CompletableFuture.failedFuture(
                    // Not to be repeated: the same operation would get its first answer again.
                    VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "forced meanwhile")
                        .reason(became)
                        .outcomeUnknown(true)
                        .build()));
  }

  private void workLater(Volume volume, Disk old, int times) {
    volume.workLate(old);
    if (times > 0) {
      process.schedule(
          () -> workLater(volume, old, times - 1),
          world.chance.between(Duration.ZERO, Duration.ofSeconds(5)));
    }
  }

  private void delete(Volume volume) {
    volume.mayBeNew();
    call(
        volume,
        "delete",
        (service, options) -> service.deleteZvol(volume.name, options),
        nothing -> {
          if (volume.belief == Belief.MAPPED || volume.belief == Belief.EXPOSED) {
            world.violation("'{}' was deleted while mapped", volume.name);
          }
          left(volume);
          volume.belief = Belief.ABSENT;
          volume.created = false;
        });
  }

  private <T> void call(
      Volume volume,
      String what,
      BiFunction<NasService, CallOptions, CompletableFuture<T>> call,
      Consumer<T> success) {
    OperationId operation = new OperationId("op-" + operations++);
    attempt(volume, what, operation, call, success, 3);
  }

  private <T> void attempt(
      Volume volume,
      String what,
      OperationId operation,
      BiFunction<NasService, CallOptions, CompletableFuture<T>> call,
      Consumer<T> success,
      int attempts) {
    Duration timeout = world.chance.between(SHORTEST, LONGEST);
    world.note("frontend: {} {} as {}", what, volume.name, operation);
    Belief before = volume.belief;
    boolean inHand = before == Belief.MAPPED || before == Belief.EXPOSED;
    if (inHand && !LEAVES_IT.contains(what)) {
      volume.belief = Belief.UNKNOWN; // the guest stops while its disk is asked back
    }
    volume.asked = true;
    call.apply(nas, new CallOptions(timeout, operation))
        .whenComplete(
            (value, thrown) -> {
              volume.asked = false;
              if (thrown == null) {
                world.note("frontend: {} {}: done", what, volume.name);
                success.accept(value);
                own(volume);
                return;
              }
              VmStoreException failure = Failures.of(thrown);
              world.note(
                  "frontend: {} {}: {}{}, {}",
                  what,
                  volume.name,
                  failure.code(),
                  failure.outcomeUnknown() ? " (outcome unknown)" : "",
                  Failures.text(failure));
              if (!what.equals(GROW)) { // whatever became of its size, it is where it was
                failed(volume, before, failure);
              }
              if (attempts > 0 && world.troubled && failure.code().retryable()) {
                attempt(volume, what, operation, call, success, attempts - 1);
              } else {
                own(volume);
              }
            });
  }

  private void failed(Volume volume, Belief before, VmStoreException failure) {
    if (failure.code() == ErrorCode.INTERNAL) {
      world.violation("a call failed with {}", Failures.text(failure));
    }
    boolean inHand = before == Belief.MAPPED || before == Belief.EXPOSED;
    boolean still = inHand && volume.belief == Belief.UNKNOWN;
    if (failure.outcomeUnknown()) {
      volume.belief = Belief.UNKNOWN;
    } else if (still) {
      volume.belief = before;
    }
  }
}
