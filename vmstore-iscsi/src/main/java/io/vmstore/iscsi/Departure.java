package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.managed.TargetName;

/** Ends the sessions of a target and forgets it. What is gone already is no failure. */
final class Departure {
  private final Machine machine;
  private final TargetName target;

  Departure(Machine machine, TargetName target) {
    this.machine = machine;
    this.target = target;
  }

  /** Returns when no session and no node record of the target is left. */
  void run(Attempt attempt) {
    if (sessionsLeft()) {
      machine.iscsiadm().logout(target, attempt);
      requireGone(attempt.afterChange());
    }
    if (!machine.records().remove(target, attempt.afterChange())) {
      // Asked even when nothing is there to see: the place of the database depends on the
      // distribution.
      machine.iscsiadm().forget(target, attempt.afterChange());
    }
    machine.records().sweep(target, attempt.afterChange());
  }

  private void requireGone(Attempt attempt) {
    if (!attempt.reaches(() -> !sessionsLeft())) {
      throw attempt
          .failure(ErrorCode.DEADLINE_EXCEEDED)
          .reason("the session is still there after the logout")
          .correction("see 'iscsiadm -m session -P 1' and 'journalctl -u iscsid'")
          .build();
    }
  }

  private boolean sessionsLeft() {
    return !machine.sysfs().sessions(target).isEmpty();
  }
}
