package io.vmstore.iscsi;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link OpenIscsiVolumeConnector} is set up. Begin with {@link #defaults()} and replace
 * what differs. Thread safety: immutable.
 *
 * @param initiatorNameFile the file with the line {@code InitiatorName=iqn...}; default {@code
 *     /etc/iscsi/initiatorname.iscsi}
 * @param linkDirectory where the stable links to devices without multipath are kept; it must be
 *     lost at a reboot, as everything below {@code /run} is; default {@code /run/vmstore/managed}
 * @param lockDirectory where processes that make and end sessions of one target keep out of each
 *     other's way; the same for all of them; default {@code /run/vmstore/targets}
 * @param loginTimeout how long a portal may take to answer a login, in whole seconds from 1 to 300;
 *     a call whose deadline is near gives it less; default 15 s, as open-iscsi's own
 * @param multipath whether several paths are joined; default {@link Multipathing#IF_RUNNING}
 * @param address this machine's address towards the storage, as {@code connectorInfo} says it; null
 *     for the one that the default route has
 */
public record OpenIscsiVolumeConfig(
    Path initiatorNameFile,
    Path linkDirectory,
    Path lockDirectory,
    Duration loginTimeout,
    Multipathing multipath,
    @Nullable String address) {
  /** Whether the paths of a volume are joined to one device by dm-multipath. */
  public enum Multipathing {
    /** Never: one path is used. */
    NO,
    /** When multipathd runs. It then has to take the disk, or connecting it fails. */
    IF_RUNNING,
    /** Always: without multipathd nothing is connected. */
    ENFORCED
  }

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException when a path is relative, or the time is out of bounds
   */
  public OpenIscsiVolumeConfig {
    OpenIscsiConfig.requireAbsolute("initiatorNameFile", initiatorNameFile);
    OpenIscsiConfig.requireAbsolute("linkDirectory", linkDirectory);
    OpenIscsiConfig.requireAbsolute("lockDirectory", lockDirectory);
    OpenIscsiConfig.requireWholeSeconds("loginTimeout", loginTimeout);
  }

  /** {@return the setup for a Debian host} */
  public static OpenIscsiVolumeConfig defaults() {
    return new OpenIscsiVolumeConfig(
        Path.of("/etc/iscsi/initiatorname.iscsi"),
        Path.of("/run/vmstore/managed"),
        Path.of("/run/vmstore/targets"),
        Duration.ofSeconds(15),
        Multipathing.IF_RUNNING,
        null);
  }

  /** {@return this setup with another initiator name file} */
  public OpenIscsiVolumeConfig withInitiatorNameFile(Path file) {
    return new OpenIscsiVolumeConfig(
        file, linkDirectory, lockDirectory, loginTimeout, multipath, address);
  }

  /** {@return this setup with another directory for the stable links} */
  public OpenIscsiVolumeConfig withLinkDirectory(Path directory) {
    return new OpenIscsiVolumeConfig(
        initiatorNameFile, directory, lockDirectory, loginTimeout, multipath, address);
  }

  /** {@return this setup with another directory for the locks} */
  public OpenIscsiVolumeConfig withLockDirectory(Path directory) {
    return new OpenIscsiVolumeConfig(
        initiatorNameFile, linkDirectory, directory, loginTimeout, multipath, address);
  }

  /** {@return this setup with another time for a portal's answer} */
  public OpenIscsiVolumeConfig withLoginTimeout(Duration timeout) {
    return new OpenIscsiVolumeConfig(
        initiatorNameFile, linkDirectory, lockDirectory, timeout, multipath, address);
  }

  /** {@return this setup with several paths joined or not} */
  public OpenIscsiVolumeConfig withMultipath(Multipathing choice) {
    return new OpenIscsiVolumeConfig(
        initiatorNameFile, linkDirectory, lockDirectory, loginTimeout, choice, address);
  }

  /** {@return this setup with an address towards the storage} */
  public OpenIscsiVolumeConfig withAddress(String ofThisMachine) {
    return new OpenIscsiVolumeConfig(
        initiatorNameFile, linkDirectory, lockDirectory, loginTimeout, multipath, ofThisMachine);
  }
}
