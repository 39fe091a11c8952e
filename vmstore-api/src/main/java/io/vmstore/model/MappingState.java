package io.vmstore.model;

/** Where a volume stands between its NAS and a compute node. */
public enum MappingState {
  /** No compute node has it, nothing is exported. */
  UNMAPPED,
  /** A map began and has neither ended nor been undone. */
  MAPPING,
  /** One compute node has it; this survives every restart until {@code unmap}. */
  MAPPED,
  /** An unmap began and has not ended. */
  UNMAPPING,
  /** A delete began and has not ended; the volume may be gone. */
  DELETING
}
