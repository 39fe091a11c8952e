package io.vmstore.testkit.simulator;

import io.vmstore.model.Target;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Admission;
import io.vmstore.testkit.memory.ManualScheduler;
import io.vmstore.testkit.memory.MemoryFabric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.slf4j.helpers.MessageFormatter;

/**
 * What everything in one simulation shares: time, chance, kernels, and the record of what happened.
 */
final class World {
  final ManualScheduler clock = new ManualScheduler();
  final MemoryFabric fabric = new MemoryFabric();
  final Chance chance;
  final Set<Defect> defects;
  final List<String> history = new ArrayList<>();
  final List<String> violations = new ArrayList<>();

  /** The volumes that somebody asked to take by force. */
  final Set<ZvolName> fencing = new HashSet<>();

  /** Who was admitted to each target that ever was. */
  final Map<Target, Admission> admitted = new HashMap<>();

  /** Whether accidents still happen; false once the simulation lets everything come to rest. */
  boolean troubled = true;

  long steps;
  long newest = 1_000;
  int crashes;

  World(long seed, Set<Defect> defects) {
    this.chance = new Chance(seed);
    this.defects = defects;
  }

  boolean has(Defect defect) {
    return defects.contains(defect);
  }

  void note(String event, Object... arguments) {
    String seconds = String.format(Locale.ROOT, "%10.3f  ", clock.nanoTime() / 1e9);
    history.add(seconds + text(event, arguments));
  }

  void violation(String what, Object... arguments) {
    String text = text(what, arguments);
    violations.add(text);
    note("VIOLATION {}", text);
  }

  private static String text(String pattern, Object... arguments) {
    return MessageFormatter.basicArrayFormat(pattern, arguments);
  }

  /** Chance, from one seed. */
  static final class Chance {
    private final SplittableRandom random; // Random begins alike for seeds close together

    /** Apart, because how many secrets are made must not change what else happens. */
    private final SplittableRandom secrets;

    Chance(long seed) {
      this.random = new SplittableRandom(seed);
      this.secrets = new SplittableRandom(~seed);
    }

    boolean of(double probability) {
      return random.nextDouble() < probability;
    }

    int below(int bound) {
      return random.nextInt(bound);
    }

    <T> T one(List<T> elements) {
      return elements.get(random.nextInt(elements.size()));
    }

    Duration between(Duration shortest, Duration longest) {
      long range = longest.minus(shortest).toNanos();
      return shortest.plusNanos((long) (random.nextDouble() * range));
    }

    byte[] secretBytes(int length) {
      byte[] bytes = new byte[length];
      secrets.nextBytes(bytes);
      return bytes;
    }

    UUID identity() {
      return new UUID(
          (random.nextLong() & ~0xF000L) | 0x4000L, (random.nextLong() >>> 2) | (1L << 63));
    }
  }
}
