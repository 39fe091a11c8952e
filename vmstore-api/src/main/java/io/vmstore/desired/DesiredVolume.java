package io.vmstore.desired;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one volume should be.
 *
 * @param nas the NAS that owns it
 * @param zvol its name
 * @param state what it should be
 * @param size for PRESENT, and for CONNECTED if it may have to be created: the size to create it
 *     with, and the least it must have when it is there; for EXTENDED the size it should have; null
 *     otherwise. A NAS rounds it up to the volume's block size.
 * @param host for CONNECTED the host that should have it; for DISCONNECTED the one that should not,
 *     null for nobody; null otherwise
 * @param initiator for CONNECTED the name that the host logs in with, if it attaches by itself,
 *     with the connection it is given; null when the host's compute node is to attach it, and
 *     otherwise
 * @param from for CONNECTED and ABSENT the host it may be taken from, by detaching it there as
 *     always; null when it may be taken from nobody, and otherwise
 */
public record DesiredVolume(
    NodeName nas,
    ZvolName zvol,
    DesiredState state,
    @Nullable ByteSize size,
    @Nullable NodeName host,
    @Nullable Iqn initiator,
    @Nullable NodeName from) {
  /**
   * Checks that the parts belong to the state.
   *
   * @throws VmStoreException INVALID_ARGUMENT when one is missing or too many
   */
  public DesiredVolume {
    boolean connected = state == DesiredState.CONNECTED;
    boolean sized = state == DesiredState.PRESENT || state == DesiredState.EXTENDED;
    check(zvol, state, "size", size, sized, sized || connected);
    check(zvol, state, "host", host, connected, connected || state == DesiredState.DISCONNECTED);
    check(zvol, state, "initiator", initiator, false, connected);
    check(zvol, state, "from", from, false, connected || state == DesiredState.ABSENT);
  }

  private static void check(
      ZvolName zvol,
      DesiredState state,
      String field,
      @Nullable Object value,
      boolean needed,
      boolean allowed) {
    String word = state.name().toLowerCase(Locale.ROOT);
    if (needed && value == null) {
      throw invalid(zvol, "'" + field + "' is missing", "say a " + field + " for '" + word + "'");
    }
    if (!allowed && value != null) {
      throw invalid(
          zvol,
          "'" + field + "' is '" + value + "', and '" + word + "' has none",
          "leave '" + field + "' out, or say another state");
    }
  }

  private static VmStoreException invalid(ZvolName zvol, String reason, String correction) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "what volume '" + zvol + "' should be is not valid")
        .reason(reason)
        .correction(correction)
        .build();
  }

  /** {@return that the volume should be there, created with the size when it is not} */
  public static DesiredVolume present(NodeName nas, ZvolName zvol, ByteSize size) {
    return new DesiredVolume(nas, zvol, DesiredState.PRESENT, size, null, null, null);
  }

  /** {@return that the volume should not be there; refused while somebody has it} */
  public static DesiredVolume absent(NodeName nas, ZvolName zvol) {
    return new DesiredVolume(nas, zvol, DesiredState.ABSENT, null, null, null, null);
  }

  /** {@return that a host should have the volume, which is there} */
  public static DesiredVolume connected(NodeName nas, ZvolName zvol, NodeName host) {
    return new DesiredVolume(nas, zvol, DesiredState.CONNECTED, null, host, null, null);
  }

  /** {@return that nobody should have the volume} */
  public static DesiredVolume disconnected(NodeName nas, ZvolName zvol) {
    return new DesiredVolume(nas, zvol, DesiredState.DISCONNECTED, null, null, null, null);
  }

  /** {@return that the volume should have grown to the size} */
  public static DesiredVolume extended(NodeName nas, ZvolName zvol, ByteSize size) {
    return new DesiredVolume(nas, zvol, DesiredState.EXTENDED, size, null, null, null);
  }

  /** {@return the same, created with the size when it is not there} */
  public DesiredVolume ofSize(ByteSize newSize) {
    return new DesiredVolume(nas, zvol, state, newSize, host, initiator, from);
  }

  /** {@return the same for a host that attaches by itself, with the given name} */
  public DesiredVolume attachedBy(Iqn newInitiator) {
    return new DesiredVolume(nas, zvol, state, size, host, newInitiator, from);
  }

  /** {@return the same, if need be taken from the given host} */
  public DesiredVolume takenFrom(NodeName newFrom) {
    return new DesiredVolume(nas, zvol, state, size, host, initiator, newFrom);
  }
}
