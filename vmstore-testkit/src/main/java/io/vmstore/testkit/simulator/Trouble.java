package io.vmstore.testkit.simulator;

/**
 * How much goes wrong in one simulation.
 *
 * @param deaths the probability that a process dies before, or after, one call of a port
 * @param failures the probability that one call of a port fails
 * @param losses the probability that a message is lost
 * @param repeats the probability that a message is delivered twice
 * @param delays the probability that a message is late
 * @param cuts how many times a node is cut off, or a machine loses power
 */
record Trouble(
    double deaths, double failures, double losses, double repeats, double delays, int cuts) {
  /** {@return a mixture that differs from seed to seed, from calm to terrible} */
  static Trouble of(World.Chance chance) {
    return new Trouble(
        chance.of(0.6) ? 0.02 : 0,
        chance.of(0.4) ? 0.02 : 0,
        chance.of(0.4) ? 0.03 : 0,
        chance.of(0.5) ? 0.05 : 0,
        chance.of(0.5) ? 0.05 : 0.005,
        chance.below(6));
  }
}
