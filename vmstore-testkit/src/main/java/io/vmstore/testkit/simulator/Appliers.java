package io.vmstore.testkit.simulator;

import io.vmstore.CallOptions;
import io.vmstore.core.VmStore;
import io.vmstore.core.flow.Failures;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.StorageController;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumeOutcome.Result;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Two processes that apply the same document, over and over and at the same time, and are killed
 * half way; now and then somebody writes another document.
 */
final class Appliers {
  private static final ByteSize SIZE = ByteSize.mebibytes(8);
  private static final ByteSize LARGER = ByteSize.mebibytes(12);
  private static final Duration SHORTEST = Duration.ofSeconds(2);
  private static final Duration LONGEST = Duration.ofSeconds(40);
  private static final Duration SLACK = Duration.ofMillis(100);
  private static final double KILLED = 0.3;

  private final World world;
  private final SimulatedNetwork network;
  private final NodeName nas;
  private final List<NodeName> computes;
  private final List<ZvolName> volumes;
  private DesiredDocument document;

  Appliers(
      World world,
      SimulatedNetwork network,
      NodeName nas,
      List<NodeName> computes,
      List<ZvolName> volumes) {
    this.world = world;
    this.network = network;
    this.nas = nas;
    this.computes = computes;
    this.volumes = volumes;
    this.document = anyDocument();
  }

  /** Begins, and goes on while there is trouble. */
  void start() {
    start("applier1");
    start("applier2");
    rewriteLater();
  }

  private void start(String name) {
    SimulatedProcess process = new SimulatedProcess(world, name, () -> restart(name));
    process.schedule(() -> apply(process), world.chance.between(Duration.ZERO, LONGEST));
  }

  private void restart(String name) {
    world.clock.schedule(() -> start(name), world.chance.between(Duration.ZERO, SHORTEST));
  }

  private void rewriteLater() {
    world.clock.schedule(
        () -> {
          if (world.troubled) {
            document = anyDocument();
            rewriteLater();
          }
        },
        world.chance.between(SHORTEST, LONGEST));
  }

  private DesiredDocument anyDocument() {
    return new DesiredDocument(volumes.stream().map(this::anything).toList());
  }

  private DesiredVolume anything(ZvolName volume) {
    NodeName host = world.chance.one(computes);
    NodeName from = world.chance.one(computes);
    return switch (world.chance.below(6)) {
      case 0 -> DesiredVolume.present(nas, volume, SIZE);
      case 1 -> DesiredVolume.absent(nas, volume).takenFrom(from);
      case 2 -> DesiredVolume.disconnected(nas, volume);
      case 3 -> DesiredVolume.extended(nas, volume, LARGER);
      default -> DesiredVolume.connected(nas, volume, host).ofSize(SIZE).takenFrom(from);
    };
  }

  private StorageController controller(SimulatedProcess process) {
    return VmStore.over(network.transport(process, process.name), SimulatedNetwork.USERS)
        .controller(process);
  }

  private void apply(SimulatedProcess process) {
    if (!world.troubled) {
      return;
    }
    Duration timeout = world.chance.between(SHORTEST, LONGEST);
    world.note("{}: applies {}", process.name, document.volumes());
    CompletableFuture<List<VolumeOutcome>> outcomes =
        controller(process).ensure(document, CallOptions.within(timeout), 2, EnsureProgress.NONE);
    if (world.chance.of(KILLED)) {
      world.clock.schedule(
          () -> process.die("half way"), world.chance.between(Duration.ZERO, timeout));
    }
    process.schedule(
        () -> {
          if (!outcomes.isDone()) {
            world.violation("'{}' was not answered in time", process.name);
          }
        },
        timeout.plus(SLACK));
    outcomes.whenComplete(
        (all, thrown) -> {
          if (thrown != null) {
            world.violation("applying failed with {}", Failures.text(thrown));
            return;
          }
          all.forEach(this::note);
          process.schedule(() -> apply(process), world.chance.between(Duration.ZERO, LONGEST));
        });
  }

  private void note(VolumeOutcome outcome) {
    VmStoreException failure = outcome.failure();
    world.note(
        "{}: {} by {}{}",
        outcome.volume().zvol(),
        outcome.result(),
        outcome.done(),
        failure == null ? "" : ", " + failure.getMessage());
    if (failure != null && failure.code() == ErrorCode.INTERNAL) {
      world.violation("a volume failed with {}", Failures.text(failure));
    }
  }

  /**
   * With nothing in the way, whoever comes last does what he says beforehand, and nothing is left
   * to do after him but what he is refused.
   */
  void checkAtRest() {
    StorageController last = controller(new SimulatedProcess(world, "the last applier", () -> {}));
    List<VolumePlan> plans = ask(last.plan(document, CallOptions.within(LONGEST)));
    List<VolumeOutcome> first = ensure(last);
    List<VolumeOutcome> second = ensure(last);
    for (int i = 0; i < plans.size(); i++) {
      VolumePlan plan = plans.get(i);
      boolean refused = plan.refused().isPresent();
      Result wanted = plan.steps().isEmpty() ? Result.UNCHANGED : Result.CHANGED;
      check(first.get(i), refused ? Result.FAILED : wanted, plan);
      check(second.get(i), refused ? Result.FAILED : Result.UNCHANGED, plan);
    }
  }

  private List<VolumeOutcome> ensure(StorageController controller) {
    return ask(controller.ensure(document, CallOptions.within(LONGEST), 2, EnsureProgress.NONE));
  }

  private void check(VolumeOutcome outcome, Result wanted, VolumePlan plan) {
    if (outcome.result() != wanted) {
      note(outcome);
      world.violation("'{}' should be {} after {}", outcome, wanted, plan);
    }
  }

  private <T> List<T> ask(CompletableFuture<List<T>> question) {
    world.clock.advance(LONGEST.plus(SLACK));
    return question.getNow(List.of());
  }
}
