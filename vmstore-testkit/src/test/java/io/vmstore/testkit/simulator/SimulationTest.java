package io.vmstore.testkit.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.testkit.simulator.Simulation.Outcome;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SimulationTest {
  private static final int SEEDS = 1_000;

  @Test
  void aThousandSeedsShouldViolateNothing() {
    List<Outcome> outcomes =
        LongStream.rangeClosed(1, SEEDS).parallel().mapToObj(Simulation::run).toList();

    System.out.println(Simulate.summary(outcomes));
    assertThat(outcomes).flatMap(Simulate::complaints).isEmpty();
  }

  @Test
  void appliersShouldConvergeWhateverHappens() {
    List<Outcome> outcomes =
        LongStream.rangeClosed(1, SEEDS / 4)
            .parallel()
            .mapToObj(Simulation::runWithAppliers)
            .toList();

    System.out.println(Simulate.summary(outcomes));
    assertThat(outcomes).flatMap(Simulate::complaints).isEmpty();
  }

  @Test
  void aSeedShouldHappenAgainExactly() {
    for (long seed = 1; seed <= 20; seed++) {
      assertThat(Simulation.run(seed).history()).isEqualTo(Simulation.run(seed).history());
    }
  }

  @Test
  void theSeedsShouldMeetEveryKindOfTrouble() {
    List<String> history =
        LongStream.rangeClosed(1, 100)
            .mapToObj(Simulation::run)
            .flatMap(outcome -> outcome.history().stream())
            .toList();

    assertThat(
            List.of(
                "killed after write",
                "killed before connect",
                "loses power",
                "cut off from",
                "pool is full",
                "after its effect",
                "force",
                "a forced unmap of the volume took over",
                "FAILED_PRECONDITION",
                "BUSY",
                "DEADLINE_EXCEEDED",
                "RESOURCE_EXHAUSTED"))
        .allSatisfy(trouble -> assertThat(history).anyMatch(event -> event.contains(trouble)));
  }
}
