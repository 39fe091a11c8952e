package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.exec.CommandResult;
import java.util.Optional;

/**
 * The exit codes of iscsiadm that end a login or a logout (include/iscsi_err.h; iscsiadm(8), EXIT
 * STATUS), with what they mean to vmstore.
 */
enum ExitCode {
  /** iscsid has no such session, although the kernel has one. */
  SESSION_UNKNOWN(
      2,
      ErrorCode.UNAVAILABLE,
      false,
      "iscsid does not know the session",
      "run 'systemctl restart iscsid', which takes over the kernel's sessions"),
  /** The login or its connection broke off. */
  TRANSPORT(
      4, ErrorCode.UNAVAILABLE, true, "the connection to the portal failed", Texts.CHECK_PORTAL),
  /**
   * The target answered with an error of its own. LIO says so for a target it does not have, and
   * for one that is not enabled or not served at this portal (iscsi_target_nego.c,
   * iscsi_target_locate_portal: SVC_UNAVAILABLE). A connection that broke off during the login gets
   * the same code (usr/initiator.c, iscsi_recv_login_rsp).
   */
  LOGIN(
      5,
      ErrorCode.NOT_FOUND,
      true,
      "the portal answers and refuses to serve this target",
      Texts.CHECK_EXPORT),
  /** Full disk, read-only root, or a lock that another iscsiadm holds. */
  DATABASE(
      6,
      ErrorCode.UNAVAILABLE,
      false,
      "open-iscsi's node database cannot be used",
      "check that the disk with '/etc/iscsi' or '/var/lib/iscsi' is writable and not full"),
  TRANSPORT_TIMEOUT(
      8, ErrorCode.UNAVAILABLE, true, "nobody answers at the portal", Texts.CHECK_PORTAL),
  /** Also the answer to a logout while iscsid is still taking over the session. */
  INTERNAL(
      9,
      ErrorCode.UNAVAILABLE,
      true,
      "iscsid or the kernel failed",
      "read 'journalctl -u iscsid' and 'dmesg'"),
  PDU_TIMEOUT(
      11,
      ErrorCode.UNAVAILABLE,
      true,
      "the portal took the connection and did not answer in time",
      "check the load of the NAS, and raise loginTimeout"),
  NO_TRANSPORT(
      12,
      ErrorCode.UNAVAILABLE,
      false,
      "the kernel has no iSCSI over TCP",
      "run 'modprobe iscsi_tcp'"),
  ACCESS(
      13,
      ErrorCode.PERMISSION_DENIED,
      false,
      "this process may not use open-iscsi",
      "run it as root"),
  /** Somebody logged in meanwhile. */
  SESSION_EXISTS(
      15,
      ErrorCode.UNAVAILABLE,
      false,
      "there is a session of this target already",
      "see 'iscsiadm -m session'"),
  /** iscsid was asked and went silent: what it was asked for may still happen. */
  DAEMON_SILENT(18, ErrorCode.UNAVAILABLE, false, "iscsid stopped answering", Texts.START_DAEMON),
  /** The target said that the request can never succeed; for one, that it knows no such target. */
  FATAL_LOGIN(
      19,
      ErrorCode.NOT_FOUND,
      true,
      "the portal answers and does not know this target",
      Texts.CHECK_EXPORT),
  NO_DAEMON(20, ErrorCode.UNAVAILABLE, false, "iscsid does not run", Texts.START_DAEMON),
  NO_OBJECTS(
      21,
      ErrorCode.UNAVAILABLE,
      false,
      "somebody removed the node record or the session meanwhile",
      "repeat the call"),
  NOT_AUTHORISED(
      24,
      ErrorCode.PERMISSION_DENIED,
      false,
      "the target does not admit this machine, or one of the two does not know the other's secret",
      "check that the NAS exports to the name in this machine's initiator name file; unmapping and mapping makes new secrets"),
  BUSY(28, ErrorCode.BUSY, false, "the session is in use", "see 'lsblk' for what uses its disk"),
  AGAIN(29, ErrorCode.UNAVAILABLE, true, "iscsid asks to try again", "repeat the call"),
  CHILD_ENDED(
      31,
      ErrorCode.UNAVAILABLE,
      false,
      "a helper of iscsid ended early",
      "read 'journalctl -u iscsid'"),
  NOT_CONNECTED(
      32, ErrorCode.UNAVAILABLE, true, "the session is not connected", Texts.CHECK_PORTAL);

  private static final class Texts {
    private static final String CHECK_PORTAL =
        "check the network to the NAS, and that it listens at the portal";
    private static final String CHECK_EXPORT =
        "check on the NAS that the target exists, is enabled and has this portal";
    private static final String START_DAEMON = "run 'systemctl start iscsid'";
  }

  private final int value;
  private final ErrorCode code;
  private final boolean ofPortal;
  private final String reason;
  private final String correction;

  ExitCode(int value, ErrorCode code, boolean ofPortal, String reason, String correction) {
    this.value = value;
    this.code = code;
    this.ofPortal = ofPortal;
    this.reason = reason;
    this.correction = correction;
  }

  static Optional<ExitCode> of(CommandResult result) {
    for (ExitCode candidate : values()) {
      if (candidate.is(result)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** Whether the command may well succeed in a moment, without anybody doing anything. */
  static boolean passes(CommandResult result) {
    return DATABASE.is(result) || NO_DAEMON.is(result) || AGAIN.is(result);
  }

  boolean is(CommandResult result) {
    return result.exitCode() == value;
  }

  ErrorCode code() {
    return code;
  }

  /** Whether it speaks of one portal, so that another portal may still do. */
  boolean ofPortal() {
    return ofPortal;
  }

  /** Whether what was asked for may still happen after iscsiadm ended. */
  boolean leavesUnknown() {
    return this == DAEMON_SILENT || this == CHILD_ENDED;
  }

  String reason() {
    return reason;
  }

  String correction() {
    return correction;
  }
}
