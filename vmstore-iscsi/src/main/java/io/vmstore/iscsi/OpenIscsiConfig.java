package io.vmstore.iscsi;

import io.vmstore.model.Iqn;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How an {@link OpenIscsiTargetConnector} is set up. Begin with {@link #defaults()} and replace
 * what differs. Thread safety: immutable.
 *
 * @param initiatorNameFile the file with the line {@code InitiatorName=iqn...}; default {@code
 *     /etc/iscsi/initiatorname.iscsi}
 * @param linkDirectory where the stable links to the connected devices are kept; it is made when
 *     absent and must be lost at a reboot, as everything below {@code /run} is; default {@code
 *     /run/vmstore/devices}
 * @param iqnPrefix the naming authority of vmstore's targets: {@code list} shows it and the names
 *     that go on after it with {@code :} or {@code .}; default {@code iqn.2026-11.io.vmstore}
 * @param loginTimeout how long a portal may take to answer a login before the next one is tried, in
 *     whole seconds from 1 to 300; a call whose deadline is near gives it less; default 15 s, as
 *     open-iscsi's own. Raise it when a loaded NAS refuses logins by silence.
 */
public record OpenIscsiConfig(
    Path initiatorNameFile, Path linkDirectory, Iqn iqnPrefix, Duration loginTimeout) {
  private static final Duration LONGEST_LOGIN = Duration.ofMinutes(5);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException when a path is relative, or the time is out of bounds
   */
  public OpenIscsiConfig {
    requireAbsolute("initiatorNameFile", initiatorNameFile);
    requireAbsolute("linkDirectory", linkDirectory);
    requireWholeSeconds("loginTimeout", loginTimeout);
  }

  /** {@return the setup for a Debian compute node} */
  public static OpenIscsiConfig defaults() {
    return new OpenIscsiConfig(
        Path.of("/etc/iscsi/initiatorname.iscsi"),
        Path.of("/run/vmstore/devices"),
        new Iqn("iqn.2026-11.io.vmstore"),
        Duration.ofSeconds(15));
  }

  /** {@return this setup with another initiator name file} */
  public OpenIscsiConfig withInitiatorNameFile(Path file) {
    return new OpenIscsiConfig(file, linkDirectory, iqnPrefix, loginTimeout);
  }

  /** {@return this setup with another directory for the stable links} */
  public OpenIscsiConfig withLinkDirectory(Path directory) {
    return new OpenIscsiConfig(initiatorNameFile, directory, iqnPrefix, loginTimeout);
  }

  /** {@return this setup with another naming authority} */
  public OpenIscsiConfig withIqnPrefix(Iqn prefix) {
    return new OpenIscsiConfig(initiatorNameFile, linkDirectory, prefix, loginTimeout);
  }

  /** {@return this setup with another time for a portal's answer} */
  public OpenIscsiConfig withLoginTimeout(Duration timeout) {
    return new OpenIscsiConfig(initiatorNameFile, linkDirectory, iqnPrefix, timeout);
  }

  /** The node record takes whole seconds (iscsid.conf), and 0 would mean its default there. */
  static void requireWholeSeconds(String name, Duration time) {
    if (time.compareTo(Duration.ofSeconds(1)) < 0
        || time.compareTo(LONGEST_LOGIN) > 0
        || !time.equals(Duration.ofSeconds(time.toSeconds()))) {
      throw new IllegalArgumentException(name + " is whole seconds from 1 to 300, not " + time);
    }
  }

  static void requireAbsolute(String name, Path path) {
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException(name + " is an absolute path, not '" + path + "'");
    }
  }
}
