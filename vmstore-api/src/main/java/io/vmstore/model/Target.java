package io.vmstore.model;

import java.util.List;

/**
 * Where one exported volume is found: the target's name and the portals it listens at. The disk is
 * LUN 0; vmstore makes one target for each volume.
 *
 * @param iqn the target's name
 * @param portals at least one and at most 64; unmodifiable
 */
public record Target(Iqn iqn, List<Portal> portals) {
  /** A login is tried at each. */
  private static final int MOST_PORTALS = 64;

  /**
   * Copies the list.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when there is no portal, or too many
   */
  public Target {
    portals = List.copyOf(portals);
    if (portals.isEmpty()) {
      throw Checks.invalid(
          "target", iqn, "a target without a portal cannot be reached", "name at least one portal");
    }
    if (portals.size() > MOST_PORTALS) {
      throw Checks.invalid(
          "target",
          iqn,
          "it has " + portals.size() + " portals, and " + MOST_PORTALS + " is the most",
          "name fewer portals");
    }
  }
}
