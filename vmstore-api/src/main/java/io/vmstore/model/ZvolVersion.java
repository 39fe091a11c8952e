package io.vmstore.model;

import org.jspecify.annotations.Nullable;

/**
 * What a NAS has on record of a volume, as far as it takes to know whether that is still so: two
 * that are equal mean that nothing was done with the volume in between.
 *
 * @param state where the volume stands
 * @param growing whether it is MAPPED and its growth has not ended
 * @param operation the request that brought it there; null when there is no record of it, which
 *     then is UNMAPPED
 */
public record ZvolVersion(MappingState state, boolean growing, @Nullable OperationId operation) {
  /** A volume that nothing is on record of. */
  public static final ZvolVersion NONE = new ZvolVersion(MappingState.UNMAPPED, false, null);

  private static final char SEPARATOR = ':';
  private static final String GROWING = "GROWING";

  /**
   * Checks that the parts agree.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when they do not
   */
  public ZvolVersion {
    boolean agrees = operation != null || state == MappingState.UNMAPPED;
    if (!agrees || (growing && state != MappingState.MAPPED)) {
      throw invalid(state.name());
    }
  }

  /**
   * Reads what {@link #toString} gives.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is not of that form
   */
  public static ZvolVersion parse(String text) {
    int end = text.indexOf(SEPARATOR);
    String name = end < 0 ? text : text.substring(0, end);
    boolean growing = name.equals(GROWING);
    for (MappingState state : MappingState.values()) {
      if (state.name().equals(growing ? MappingState.MAPPED.name() : name)) {
        OperationId operation = end < 0 ? null : new OperationId(text.substring(end + 1));
        return new ZvolVersion(state, growing, operation);
      }
    }
    throw invalid(text);
  }

  private static RuntimeException invalid(String text) {
    return Checks.invalid(
        "version of a zvol",
        text,
        "it is a state, ':' and the id of an operation",
        "take it from a list of volumes as it is");
  }

  /**
   * {@return the state, or GROWING, a colon and the operation; UNMAPPED alone when there is no
   * record}
   */
  @Override
  public String toString() {
    String name = growing ? GROWING : state.name();
    return operation == null ? name : name + SEPARATOR + operation;
  }
}
