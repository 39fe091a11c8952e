package io.vmstore.testkit.fault;

/**
 * The process died here. Every later call of a port under the same plan throws it too, so that
 * nothing a {@code catch} or {@code finally} still does has an effect: what remains is what kill -9
 * leaves.
 */
public final class SimulatedCrash extends Error {
  private static final long serialVersionUID = 1L;

  SimulatedCrash(String where) {
    super("the process crashed " + where);
  }
}
