package io.vmstore.testkit.simulator;

import io.vmstore.testkit.simulator.Simulation.Outcome;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
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
    Outcome outcome = Simulation.run(seed);
    outcome.history().forEach(out::println);
    out.println(summary(List.of(outcome)));
    return outcome.violations().isEmpty();
  }

  private static boolean many(long first, long count, Defect[] defects, PrintStream out) {
    Totals totals = new Totals();
    LongStream.range(first, first + count)
        .parallel()
        .mapToObj(seed -> Simulation.run(seed, defects))
        .forEach(
            outcome -> {
              totals.add(outcome);
              complaints(outcome).forEach(out::println);
            });
    out.println(totals);
    return totals.violations.sum() == 0;
  }

  static List<String> complaints(Outcome outcome) {
    return outcome.violations().stream()
        .map(
            text ->
                "seed "
                    + outcome.seed()
                    + ": "
                    + text
                    + " (history: Simulate "
                    + outcome.seed()
                    + ")")
        .toList();
  }

  static String summary(List<Outcome> outcomes) {
    Totals totals = new Totals();
    outcomes.forEach(totals::add);
    return totals.toString();
  }

  private static final class Totals {
    private final LongAdder seeds = new LongAdder();
    private final LongAdder steps = new LongAdder();
    private final LongAdder crashes = new LongAdder();
    private final LongAdder violations = new LongAdder();

    private void add(Outcome outcome) {
      seeds.increment();
      steps.add(outcome.steps());
      crashes.add(outcome.crashes());
      violations.add(outcome.violations().size());
    }

    @Override
    public String toString() {
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
}
