package io.vmstore.testkit.simulator;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/**
 * Runs simulations from the command line: {@code Simulate FIRST COUNT [DEFECT]} for many seeds,
 * {@code Simulate SEED} for the history of one. Exits with 1 when something was violated.
 */
public final class Simulate {
  private Simulate() {}

  /** Runs what the arguments say. */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    Defect[] defects = Arrays.stream(arguments).skip(2).map(Defect::valueOf).toArray(Defect[]::new);
    long first = Long.parseLong(arguments[0]);
    boolean well =
        arguments.length > 1
            ? many(first, Long.parseLong(arguments[1]), defects, out)
            : one(first, out);
    System.exit(well ? 0 : 1);
  }

  private static boolean one(long seed, PrintStream out) {
    Simulation.Outcome outcome = Simulation.run(seed);
    outcome.history().forEach(out::println);
    out.println(summary(1, outcome.steps(), outcome.crashes(), outcome.violations().size()));
    return outcome.violations().isEmpty();
  }

  private static boolean many(long first, long count, Defect[] defects, PrintStream out) {
    AtomicLong steps = new AtomicLong();
    AtomicLong crashes = new AtomicLong();
    AtomicLong violations = new AtomicLong();
    LongStream.range(first, first + count)
        .parallel()
        .mapToObj(seed -> Simulation.run(seed, defects))
        .forEach(
            outcome -> {
              steps.addAndGet(outcome.steps());
              crashes.addAndGet(outcome.crashes());
              violations.addAndGet(outcome.violations().size());
              outcome
                  .violations()
                  .forEach(text -> out.println("seed " + outcome.seed() + ": " + text));
            });
    out.println(summary(count, steps.get(), crashes.get(), violations.get()));
    return violations.get() == 0;
  }

  private static String summary(long seeds, long steps, long crashes, long violations) {
    return seeds
        + " seeds, "
        + steps
        + " steps, "
        + crashes
        + " crashes injected, "
        + violations
        + " violations";
  }
}
