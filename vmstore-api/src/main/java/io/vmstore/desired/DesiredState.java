package io.vmstore.desired;

/** What a volume should be. */
public enum DesiredState {
  /** It is there, with at least the size that is said. Who has it stays as it is. */
  PRESENT,
  /** It is not there, and neither is its data. */
  ABSENT,
  /** A certain host has it. Created when absent, if a size is said. */
  CONNECTED,
  /** A certain host does not have it, or nobody when none is said. Its data stays. */
  DISCONNECTED,
  /** It is there and has grown to a size, in use or not. */
  EXTENDED
}
