package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandResult;
import io.vmstore.managed.TargetName;
import io.vmstore.model.Deadline;
import io.vmstore.model.Portal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Logs in at the first portal of a target that lets this machine in. Not thread-safe. */
final class Login {
  private final Iscsiadm iscsiadm;
  private final NodeRecords records;
  private final List<Portal> portals;
  private final TargetName target;
  private final @Nullable Credentials credentials;
  private final Duration loginTimeout;
  private final Attempt attempt;
  private final List<String> answers = new ArrayList<>();
  private ErrorCode worst = ErrorCode.NOT_FOUND;
  private boolean underWay;

  Login(Machine machine, Wanted wanted, Duration loginTimeout, Attempt attempt) {
    this.iscsiadm = machine.iscsiadm();
    this.records = machine.records();
    this.portals = wanted.target().portals();
    this.target = TargetName.of(wanted.target().iqn());
    this.credentials = wanted.credentials();
    this.loginTimeout = loginTimeout;
    this.attempt = attempt;
  }

  /**
   * Whether iscsid may still be at it after a failure: it goes on when the iscsiadm that asked for
   * the login is ended.
   */
  boolean underWay() {
    return underWay;
  }

  /** Returns whether a session was made; false when somebody else has just made one. */
  boolean run() {
    int left = portals.size();
    for (Portal portal : portals) {
      CommandResult result = logIn(portal, seconds(left--));
      if (result.succeeded() || ExitCode.SESSION_EXISTS.is(result)) {
        return result.succeeded();
      }
      note(portal, result);
    }
    throw attempt
        .failure(worst)
        .reason(String.join("; ", answers))
        .correction(
            worst == ErrorCode.NOT_FOUND
                ? "check on the NAS that the target exists, is enabled and has these portals"
                : "check the network to the NAS, and that it listens at the portals")
        .build();
  }

  private CommandResult logIn(Portal portal, long seconds) {
    Map<String, String> settings = settings(seconds, credentials);
    if (records.make(target, portal, settings, attempt)) {
      CommandResult result = ask(portal);
      if (!ExitCode.NO_OBJECTS.is(result)) {
        return result;
      }
      records.unlearn(); // iscsiadm does not know it for a record
    }
    List<String> origin = records.origin();
    iscsiadm.createRecord(target, portal, attempt);
    records.prepare(target, portal, settings, origin, attempt);
    return ask(portal);
  }

  private CommandResult ask(Portal portal) {
    underWay = true;
    CommandResult result = iscsiadm.login(target, portal, attempt);
    underWay = ExitCode.of(result).filter(ExitCode::leavesUnknown).isPresent();
    return result;
  }

  /** An equal share of what is left, so that a silent portal leaves time for the others. */
  private long seconds(int portalsLeft) {
    Deadline deadline = attempt.deadline();
    if (deadline.passed()) {
      throw attempt
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason(answers.isEmpty() ? "there was no time to log in" : String.join("; ", answers))
          .correction("repeat the call with a longer time-out")
          .build();
    }
    long share = deadline.remaining().toSeconds() / portalsLeft;
    return Math.max(1, Math.min(share, loginTimeout.toSeconds()));
  }

  /**
   * Those of one quick login that is never repeated behind our back:
   *
   * <ul>
   *   <li>no login at boot, where nobody would check the disk's identity
   *   <li>no scan of all LUNs: it would bring up disks that are not the volume
   *   <li>one try: iscsid tries again for {@code initial_login_retry_max} times the login time-out
   *       (usr/initiator.c, iscsi_retry_initial_login), two minutes by default, and would keep the
   *       other portals waiting
   * </ul>
   */
  static Map<String, String> settings(long loginSeconds, @Nullable Credentials credentials) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("node.startup", "manual");
    settings.put("node.session.scan", "manual");
    settings.put("node.session.initial_login_retry_max", "0");
    settings.put("node.conn[0].timeo.login_timeout", Long.toString(loginSeconds));
    if (credentials != null) {
      settings.putAll(credentials.settings());
    }
    return settings;
  }

  /** Keeps what a portal answered; what the other portals would answer as well ends the login. */
  private void note(Portal portal, CommandResult result) {
    if (ExitCode.FATAL_LOGIN.is(result) && credentials != null && credentials.mutual()) {
      throw unproven(portal);
    }
    ExitCode code =
        ExitCode.of(result)
            .filter(ExitCode::ofPortal)
            .orElseThrow(() -> Iscsiadm.failure(result, attempt));
    answers.add("'" + portal + "': " + code.reason());
    if (code.code() != ErrorCode.NOT_FOUND) {
      worst = ErrorCode.UNAVAILABLE; // the portal that was not reached may know the target
    }
  }

  /** iscsid ends so when it is not content with the target's answer to its challenge. */
  private VmStoreException unproven(Portal portal) {
    return attempt
        .failure(ErrorCode.PERMISSION_DENIED)
        .reason("'" + portal + "': the target does not prove to know its secret")
        .correction(
            "make sure that the address is the NAS's own; unmapping and mapping makes new secrets")
        .build();
  }
}
