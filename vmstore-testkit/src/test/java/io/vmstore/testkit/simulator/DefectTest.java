package io.vmstore.testkit.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.testkit.simulator.Simulation.Outcome;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A simulation that could not fail would prove nothing. */
class DefectTest {
  private static final int SEEDS = 1_000;

  @ParameterizedTest
  @EnumSource(Defect.class)
  void everyDefectShouldBeFound(Defect defect) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = Simulation.run(seed, defect);
      if (!outcome.violations().isEmpty()) {
        System.out.println(defect + ": found after " + seed + " seeds");
        return;
      }
    }
    assertThat(defect).as("not found in %s seeds", SEEDS).isNull();
  }
}
