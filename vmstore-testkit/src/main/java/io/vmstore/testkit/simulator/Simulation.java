package io.vmstore.testkit.simulator;

import io.vmstore.CallOptions;
import io.vmstore.Finding;
import io.vmstore.Repair;
import io.vmstore.ZvolQuery;
import io.vmstore.ZvolStatus;
import io.vmstore.core.VmStore;
import io.vmstore.core.flow.Failures;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One installation, one seed, one history. Frontends map, expose, grow, unmap, fence and delete
 * volumes while processes die between any two effects, machines lose power, messages are lost,
 * repeated, late and overtaken, nodes are cut off, pools fill up and commands fail; then everything
 * heals and comes to rest.
 *
 * <p>Beside it, and apart from it, a {@link HostSimulation host of managed volumes} has the same
 * seed.
 *
 * <p>Checked throughout: no volume has two writers, or one of which its owner was not told, no
 * export ends under a session nobody gave back, no fenced node's late write arrives, every request
 * is answered by its deadline, a guest reads what it wrote, no volume gets smaller, and a growth
 * that is acknowledged is seen. Checked at rest: what was acknowledged is so, records and kernels
 * agree, nothing is left over.
 */
public final class Simulation {
  /**
   * What came of a simulation.
   *
   * @param seed what decided it
   * @param steps calls of ports and messages
   * @param crashes how many processes died
   * @param violations what must never be; empty when all is well
   * @param history what happened, with simulated seconds
   */
  public record Outcome(
      long seed, long steps, int crashes, List<String> violations, List<String> history) {}

  private static final Duration BUSY_TIME = Duration.ofSeconds(90);
  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration REST = Duration.ofMinutes(6);

  private final World world;
  private final SimulatedNetwork network;
  private final NasMachine nas;
  private final List<ComputeMachine> computes = new ArrayList<>();
  private final List<Machine> machines = new ArrayList<>();
  private final List<Volume> volumes = new ArrayList<>();
  private final Map<VolumeId, ByteSize> sizes = new HashMap<>();
  private final ZvolManager zvols;
  private final Frontend frontend;
  private final Trouble trouble;
  private final @Nullable Appliers appliers;

  /** The volumes of the appliers; the frontend has others. */
  private final List<ZvolName> desired =
      List.of(new ZvolName(NasMachine.POOL, "d1"), new ZvolName(NasMachine.POOL, "d2"));

  private Simulation(long seed, Set<Defect> defects, boolean withAppliers) {
    this.world = new World(seed, defects);
    this.trouble = Trouble.of(world.chance);
    this.network = new SimulatedNetwork(world, trouble);
    this.nas = new NasMachine(world, network, trouble, "nas1");
    for (int i = 1; i <= 2; i++) {
      computes.add(new ComputeMachine(world, network, trouble, "compute" + i));
    }
    machines.add(nas);
    machines.addAll(computes);
    this.zvols = world.fabric.zvolManager(NasMachine.POOL);
    this.frontend = new Frontend(world, network, nas.name, names());
    for (int i = 1; i <= 3; i++) {
      volumes.add(new Volume(world, new ZvolName(NasMachine.POOL, "v" + i), i));
    }
    this.appliers = withAppliers ? new Appliers(world, network, nas.name, names(), desired) : null;
  }

  /** Runs the simulation of a seed, with the given defects built in. */
  public static Outcome run(long seed, Defect... defects) {
    Outcome installation = run(new Simulation(seed, Set.of(defects), false), seed);
    World host = HostSimulation.run(seed, Set.of(defects));
    return new Outcome(
        seed,
        installation.steps + host.steps,
        installation.crashes + host.crashes,
        both(installation.violations, host.violations),
        both(installation.history, host.history));
  }

  /** Runs the simulation of a seed, in which some volumes are brought to desired states. */
  public static Outcome runWithAppliers(long seed) {
    return run(new Simulation(seed, Set.of(), true), seed);
  }

  private static Outcome run(Simulation simulation, long seed) {
    simulation.run();
    World world = simulation.world;
    return new Outcome(
        seed,
        world.steps,
        world.crashes,
        List.copyOf(world.violations),
        List.copyOf(world.history));
  }

  private static List<String> both(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private List<NodeName> names() {
    return computes.stream().map(compute -> compute.name).toList();
  }

  private void run() {
    world.note("{}", trouble);
    machines.forEach(Machine::start);
    volumes.forEach(frontend::own);
    if (appliers != null) {
      appliers.start();
    }
    planAccidents();
    pass(BUSY_TIME);
    world.note("everything heals");
    world.troubled = false;
    machines.forEach(machine -> network.heal(machine.name.value()));
    machines.forEach(machine -> world.fabric.plugIn(machine.name));
    world.fabric.setCapacity(NasMachine.POOL, ByteSize.gibibytes(1));
    pass(REST);
    checkAtRest();
  }

  private void pass(Duration time) {
    long end = world.clock.nanoTime() + time.toNanos();
    while (world.clock.nanoTime() < end && world.violations.isEmpty()) {
      world.clock.advance(STEP);
      checkWriters();
      checkSizes();
      if (world.troubled) {
        volumes.stream().filter(volume -> world.chance.of(0.2)).forEach(Volume::work);
      }
    }
  }

  private void planAccidents() {
    for (int i = 0; i < trouble.cuts(); i++) {
      world.clock.schedule(this::accident, world.chance.between(Duration.ofSeconds(1), BUSY_TIME));
    }
  }

  private void accident() {
    if (!world.troubled) {
      return;
    }
    Machine machine = world.chance.one(machines);
    switch (world.chance.below(5)) {
      case 0 -> machine.cutPower();
      case 1 -> machine.kill();
      case 2 -> {
        network.cut(machine.name.value());
        world.clock.schedule(
            () -> network.heal(machine.name.value()),
            world.chance.between(Duration.ofSeconds(1), Duration.ofSeconds(30)));
      }
      case 3 -> {
        world.note("{}: leaves the storage network", machine.name);
        world.fabric.unplug(machine.name);
        world.clock.schedule(
            () -> world.fabric.plugIn(machine.name),
            world.chance.between(Duration.ofSeconds(1), Duration.ofSeconds(60)));
      }
      default -> {
        world.note("the pool is full");
        world.fabric.setCapacity(NasMachine.POOL, ByteSize.mebibytes(1));
        world.clock.schedule(
            () -> world.fabric.setCapacity(NasMachine.POOL, ByteSize.gibibytes(1)),
            world.chance.between(Duration.ofSeconds(1), Duration.ofSeconds(30)));
      }
    }
  }

  private void checkWriters() {
    for (Volume volume : volumes) {
      Set<NodeName> writers = checkWriters(volume.name);
      if (!writers.stream().allMatch(volume::mayBeAt)) {
        world.violation(
            "'{}' was acknowledged as {}, and is written by {}",
            volume.name,
            volume.belief,
            writers);
      }
    }
    desired.forEach(this::checkWriters);
  }

  private Set<NodeName> checkWriters(ZvolName volume) {
    Set<NodeName> writers = writers(volume);
    if (writers.size() > 1) {
      world.violation("'{}' has two writers: {}", volume, writers);
    }
    return writers;
  }

  private void checkSizes() {
    for (Zvol zvol : zvols.list(Deadline.after(REST, world.clock::nanoTime))) {
      ByteSize before = sizes.put(zvol.id().orElseThrow(), zvol.size());
      if (before != null && before.compareTo(zvol.size()) > 0) {
        world.violation("'{}' has {}, after {}", zvol.name(), zvol.size(), before);
      }
    }
  }

  private Set<NodeName> writers(ZvolName volume) {
    try {
      return world.fabric.writers(volume);
    } catch (IllegalArgumentException e) {
      return Set.of(); // there is no such volume now
    }
  }

  private void checkAtRest() {
    if (!world.violations.isEmpty()) {
      return;
    }
    if (volumes.stream().anyMatch(volume -> volume.asked)) {
      world.violation("a call was never answered");
      return;
    }
    if (appliers != null) {
      appliers.checkAtRest();
    }
    Map<ZvolName, ZvolStatus> listed = new HashMap<>();
    ask(frontend.nas().listZvols(ZvolQuery.all(), CallOptions.within(Duration.ofSeconds(20))))
        .forEach(status -> listed.put(status.zvol(), status));
    for (Volume volume : volumes) {
      checkBelief(volume, listed.get(volume.name));
    }
    checkKernels(listed);
    checkFindings();
    volumes.forEach(Volume::work);
  }

  private void checkBelief(Volume volume, @Nullable ZvolStatus status) {
    Set<NodeName> writers = writers(volume.name);
    boolean settled =
        status == null
            || status.state() == MappingState.UNMAPPED
            || status.state() == MappingState.MAPPED;
    if (!settled || !agrees(volume, status, writers) || !sizesAgree(volume, status)) {
      world.violation(
          "'{}' was acknowledged as {}, and is {}, written by {}",
          volume.name,
          volume.belief,
          String.valueOf(status),
          writers);
    }
  }

  private static boolean agrees(Volume volume, @Nullable ZvolStatus status, Set<NodeName> writers) {
    Mapping mapping = volume.mapping;
    return switch (volume.belief) {
      case ABSENT -> status == null;
      case UNMAPPED ->
          status == null
              ? !volume.created || volume.mayBeNew
              : status.state() == MappingState.UNMAPPED;
      case MAPPED ->
          status != null
              && mapping != null
              && mapping.host().equals(status.host())
              && status.state() == MappingState.MAPPED
              && writers.equals(Set.of(mapping.host()));
      case EXPOSED -> status != null && exposedAsBelieved(volume, status, writers);
      case UNKNOWN -> true;
    };
  }

  private static boolean exposedAsBelieved(
      Volume volume, ZvolStatus status, Set<NodeName> writers) {
    Exposure exposure = volume.exposure;
    return exposure != null
        && Set.of(exposure.host()).containsAll(writers)
        && status
            .currentExposure()
            .filter(listed -> listed.generation() == exposure.generation())
            .filter(listed -> listed.initiator().equals(exposure.initiator()))
            .isPresent();
  }

  /** The volume, the record and the device have one size, and not less than was acknowledged. */
  private boolean sizesAgree(Volume volume, @Nullable ZvolStatus status) {
    if (status == null || status.size() == null) {
      return true;
    }
    ByteSize size = status.size();
    return size.bytes() >= volume.size
        && status.currentMapping().stream()
            .allMatch(
                mapping ->
                    mapping.size().equals(size)
                        && world.fabric.size(mapping.host(), mapping.stablePath()).equals(size))
        && status.currentExposure().stream().allMatch(listed -> listed.size().equals(size));
  }

  /** Kernels hold exactly what is mapped. */
  private void checkKernels(Map<ZvolName, ZvolStatus> listed) {
    List<String> wanted = new ArrayList<>();
    List<String> found = new ArrayList<>();
    for (ZvolStatus status : listed.values()) {
      status
          .currentMapping()
          .map(Mapping::target)
          .ifPresent(target -> wanted.add(status.host() + " " + target.iqn()));
    }
    for (NodeName compute : names()) {
      world.fabric.sessions(compute).forEach(iqn -> found.add(compute + " " + iqn));
    }
    wanted.sort(null);
    found.sort(null);
    if (!wanted.equals(found)) {
      world.violation("sessions are {} and should be {}", found, wanted);
    }
  }

  private void checkFindings() {
    List<Finding> findings =
        new ArrayList<>(
            ask(
                frontend
                    .nas()
                    .reconcile(Repair.DRY_RUN, CallOptions.within(Duration.ofSeconds(20)))));
    VmStore store =
        VmStore.over(
            network.transport(new SimulatedProcess(world, "operator", () -> {}), "operator"),
            SimulatedNetwork.USERS);
    for (NodeName compute : names()) {
      findings.addAll(
          ask(
              store
                  .compute(compute)
                  .reconcile(Repair.DRY_RUN, CallOptions.within(Duration.ofSeconds(20)))));
    }
    if (!findings.isEmpty()) {
      world.violation("left over: {}", findings);
    }
  }

  private <T> List<T> ask(CompletableFuture<List<T>> question) {
    world.clock.advance(Duration.ofSeconds(25));
    return question
        .exceptionally(
            failure -> {
              world.violation("no answer at rest: {}", Failures.text(failure));
              return List.of();
            })
        .getNow(List.of());
  }
}
