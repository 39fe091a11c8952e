package io.vmstore.zfs.lio;

import io.vmstore.model.ChapMode;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where LIO is and how volumes are exported. Begin with {@link #of} and change what differs.
 *
 * @param root the target's folder in configfs, {@code /sys/kernel/config/target}
 * @param prefix what the name of every target begins with, {@code iqn.2026-11.io.vmstore}; a colon,
 *     the volume's id and the number of the mapping follow. Targets and backstores that begin so
 *     belong to this NAS: two NAS daemons on one machine need two prefixes
 * @param portals where every target listens; at least one, each with an address of this machine.
 *     Not {@code 0.0.0.0} or {@code ::}, which would admit logins from every network
 * @param deviceAttributes attributes of every backstore, by file name. By default {@code
 *     emulate_3pc=0}: no copying between volumes inside the NAS, past the access lists
 * @param chap what logins to the exports of new mappings have to prove; mappings there are keep
 *     what they have. By default {@link ChapMode#MUTUAL}
 */
public record LioConfig(
    Path root,
    Iqn prefix,
    List<Portal> portals,
    Map<String, String> deviceAttributes,
    ChapMode chap) {
  /** RFC 7143 allows 223 characters; a colon, a UUID, {@code .g} and up to 19 digits follow. */
  private static final int LONGEST_PREFIX = 223 - (1 + 36 + 2 + 19);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of its bounds
   */
  public LioConfig {
    portals = List.copyOf(portals);
    deviceAttributes = Map.copyOf(deviceAttributes);
    require(root.isAbsolute(), "root: '" + root + "' is not absolute");
    require(
        prefix.value().length() <= LONGEST_PREFIX,
        "prefix: '" + prefix + "' is longer than " + LONGEST_PREFIX + " characters");
    require(!portals.isEmpty(), "portals: at least one");
    for (Portal portal : portals) {
      require(
          !portal.address().equals("0.0.0.0") && !portal.address().equals("::"),
          "portals: '" + portal + "' is every network; name the addresses");
    }
    for (String name : deviceAttributes.keySet()) {
      require(name.matches("[a-z0-9_]+"), "deviceAttributes: '" + name + "' is no file name");
    }
  }

  /** {@return the defaults, for the given portals} */
  public static LioConfig of(List<Portal> portals) {
    return new LioConfig(
        Path.of("/sys/kernel/config/target"),
        new Iqn("iqn.2026-11.io.vmstore"),
        portals,
        Map.of("emulate_3pc", "0"),
        ChapMode.MUTUAL);
  }

  /** {@return this configuration with the tree elsewhere} */
  public LioConfig withRoot(Path newRoot) {
    return new LioConfig(newRoot, prefix, portals, deviceAttributes, chap);
  }

  /** {@return this configuration with another beginning of target names} */
  public LioConfig withPrefix(Iqn newPrefix) {
    return new LioConfig(root, newPrefix, portals, deviceAttributes, chap);
  }

  /** {@return this configuration with other attributes of backstores} */
  public LioConfig withDeviceAttributes(Map<String, String> newAttributes) {
    return new LioConfig(root, prefix, portals, newAttributes, chap);
  }

  /** {@return this configuration with other proofs asked of the logins to new mappings} */
  public LioConfig withChap(ChapMode newChap) {
    return new LioConfig(root, prefix, portals, deviceAttributes, newChap);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
