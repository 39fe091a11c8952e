package io.vmstore.testkit.simulator;

/** A deliberate mistake, to prove that the simulation would find it. */
public enum Defect {
  /** An effect comes before its intent is on record. */
  EFFECT_BEFORE_INTENT,
  /** The export ends before the node has confirmed the detach. */
  UNEXPORT_BEFORE_DETACH,
  /** A compute node takes messages of any mapping. */
  GENERATION_NOT_CHECKED,
  /** One operation of a volume does not keep another out. */
  LOCK_NOT_HELD,
  /** A repeated request is refused although the first one was executed. */
  REPLY_NOT_REPLAYED,
  /** A failed mapping's export is taken away before its device. */
  UNDO_IN_WRONG_ORDER,
  /** A NAS that starts forgets the mappings whose exports it does not find. */
  RECONCILE_REMOVES_MAPPINGS,
  /** A forced unmap answers before the session has ended. */
  FENCE_DOES_NOT_WAIT,
  /** A device is taken for the volume because it is where it was expected. */
  IDENTITY_NOT_CHECKED,
  /** A message that is delivered twice is executed twice. */
  DUPLICATE_EXECUTED,
  /** A record is acknowledged before it is on the disk. */
  STORE_ACKNOWLEDGED_BEFORE_FSYNC,
  /** What was under way at a crash is ignored at the next start. */
  LEFTOVER_IGNORED,
  /** A NAS serves a pool before it has read the records of its volumes. */
  RECORDS_NOT_AWAITED,
  /** A compute node says that it sees a volume's new size, and has not looked. */
  GROWTH_NOT_SEEN,
  /** A growth that was under way at a crash is not on record. */
  GROWTH_FORGOTTEN,
  /** An export that somebody has exposed is ended whether the initiator has a session or not. */
  SESSION_NOT_ASKED_FOR,
  /** A NAS that starts has forgotten what logins have to prove. */
  SECRETS_NOT_KEPT,
  /** A host records a managed volume only once it is attached. */
  MANAGED_ROW_AFTER_EFFECT,
  /** A host that starts ignores what was being attached. */
  MANAGED_ATTACH_FORGOTTEN,
  /** A host takes whatever disk is at a managed volume's address for the volume. */
  MANAGED_DISK_NOT_COMPARED
}
