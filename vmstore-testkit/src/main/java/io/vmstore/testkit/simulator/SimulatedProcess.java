package io.vmstore.testkit.simulator;

import io.vmstore.spi.Scheduler;
import java.time.Duration;
import java.util.UUID;

/**
 * One life of a daemon. Once it is dead, nothing it had planned happens, and every port it still
 * touches throws.
 */
final class SimulatedProcess implements Scheduler {
  /** Thrown wherever a dead process would go on. It is an error, so that no role handles it. */
  static final class Dead extends Error {
    private static final long serialVersionUID = 1L;

    Dead(String where) {
      super(where, null, false, false);
    }
  }

  private static final Duration SWITCH = Duration.ofMillis(2);

  private final World world;
  private final Runnable onDeath;
  final String name;
  private boolean alive = true;

  SimulatedProcess(World world, String name, Runnable onDeath) {
    this.world = world;
    this.name = name;
    this.onDeath = onDeath;
  }

  boolean alive() {
    return alive;
  }

  void requireAlive(String where) {
    if (!alive) {
      throw new Dead(where);
    }
  }

  /** Ends the process here and now. */
  Dead die(String where) {
    if (alive) {
      alive = false;
      world.crashes++;
      world.note("{}: killed {}", name, where);
      onDeath.run();
    }
    return new Dead(where);
  }

  @Override
  public long nanoTime() {
    return world.clock.nanoTime();
  }

  @Override
  public UUID newIdentity() {
    return world.chance.identity();
  }

  @Override
  public byte[] secretBytes(int length) {
    return world.chance.secretBytes(length);
  }

  @Override
  public Runnable schedule(Runnable task, Duration delay) {
    return world.clock.schedule(() -> run(task), delay);
  }

  @Override
  public void execute(Runnable task) {
    world.clock.schedule(() -> run(task), world.chance.between(Duration.ZERO, SWITCH));
  }

  private void run(Runnable task) {
    if (alive) {
      try {
        task.run();
      } catch (Dead e) {
        // its thread ended where the process did
      }
    }
  }
}
