package io.vmstore;

/** What reconciling does about what it finds. */
public enum Repair {
  /** Nothing: it says what it would do. */
  DRY_RUN,
  /** It settles each finding, and refuses what is ambiguous. */
  SETTLE
}
