package io.vmstore;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One volume as its NAS sees it.
 *
 * @param zvol its name
 * @param size its true size; when the volume itself is missing, the size on record, or null when
 *     none is, which is so unless {@code mapping} is there; null, too, from a NAS of the
 *     predecessor, which does not tell
 * @param state where it stands
 * @param host the compute node that has it, is getting it or is giving it back; null when {@code
 *     state} is UNMAPPED or DELETING, and only then
 * @param mapping the mapping; null unless {@code state} is MAPPED or UNMAPPING, and from a NAS of
 *     the predecessor, which does not tell
 */
public record ZvolStatus(
    ZvolName zvol,
    @Nullable ByteSize size,
    MappingState state,
    @Nullable NodeName host,
    @Nullable Mapping mapping) {
  /**
   * Checks that the parts agree.
   *
   * @throws VmStoreException INVALID_ARGUMENT when they do not
   */
  public ZvolStatus {
    boolean agrees =
        switch (state) {
          case UNMAPPED, DELETING -> host == null && mapping == null;
          case MAPPING -> host != null && mapping == null;
          case MAPPED -> host != null && (size != null) == (mapping != null);
          case UNMAPPING -> host != null && (size != null || mapping == null);
        };
    if (!agrees) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "status of zvol '" + zvol + "' is not valid")
          .reason(
              "state "
                  + state
                  + " does not go with size "
                  + size
                  + ", host "
                  + host
                  + " and mapping "
                  + mapping)
          .build();
    }
  }

  /** {@return the size, unless the volume is missing and its size is not on record} */
  public Optional<ByteSize> knownSize() {
    return Optional.ofNullable(size);
  }

  /** {@return the compute node concerned, unless unmapped} */
  public Optional<NodeName> remoteHost() {
    return Optional.ofNullable(host);
  }

  /** {@return the mapping, when there is one} */
  public Optional<Mapping> currentMapping() {
    return Optional.ofNullable(mapping);
  }
}
