package io.vmstore;

import io.vmstore.error.Printable;

/**
 * One difference between the records of a node and what is really there. Its texts are for people,
 * and are made {@link Printable}: names of devices and of other people's targets are among them.
 *
 * @param kind what differs
 * @param subject the volume (its name, or its id on a compute node), target or device concerned
 * @param action what settles it
 * @param outcome what became of it
 * @param reason why it is as it is, or why it could not be settled; may be empty
 */
public record Finding(Kind kind, String subject, String action, Outcome outcome, String reason) {
  private static final int LONGEST_TEXT = 4_000;

  /** Makes the texts printable. */
  public Finding {
    subject = Printable.of(subject, LONGEST_TEXT);
    action = Printable.of(action, LONGEST_TEXT);
    reason = Printable.of(reason, LONGEST_TEXT);
  }

  /** What differs. */
  public enum Kind {
    /** The records of a pool have not been read; its volumes are not served before they are. */
    NOT_READ,
    /** An operation was begun and neither ended nor undone. */
    UNFINISHED,
    /** A mapping is on record, and its export is not there or not complete. */
    NOT_EXPORTED,
    /** A mapping is exported at other portals than those its compute node was told. */
    MOVED,
    /** A fenced node has not confirmed that it dropped its device. */
    NOT_TOLD,
    /** An attachment is on record, and its device is not there. */
    NOT_ATTACHED,
    /** An attachment's device is there, and its session is not logged in at the NAS. */
    NOT_LOGGED_IN,
    /** An export is there that no record asks for. */
    ORPHAN_EXPORT,
    /** A volume of vmstore's is there that no record knows. */
    ORPHAN_ZVOL,
    /** A device of vmstore's is there that no record asks for. */
    ORPHAN_DEVICE;

    /** {@return whether nobody owns it, so that it is settled only when somebody asks for that} */
    public boolean orphan() {
      return this == ORPHAN_EXPORT || this == ORPHAN_ZVOL || this == ORPHAN_DEVICE;
    }
  }

  /** What became of a finding. */
  public enum Outcome {
    /** Nothing was done. */
    FOUND,
    /** It is settled. */
    SETTLED,
    /** It could not be settled; the reason says why, and it is tried again when it is no orphan. */
    FAILED,
    /** It is left for a person to decide. */
    LEFT
  }

  /** {@return the same finding with what became of it} */
  public Finding with(Outcome newOutcome, String newReason) {
    return new Finding(kind, subject, action, newOutcome, newReason);
  }
}
