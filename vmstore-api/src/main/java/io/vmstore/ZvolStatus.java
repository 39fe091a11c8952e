package io.vmstore;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import io.vmstore.model.ZvolVersion;
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
 * @param host the compute node, or whoever it is exposed to, that has it, is getting it or is
 *     giving it back; null when {@code state} is UNMAPPED or DELETING, and only then
 * @param mapping the mapping; null unless {@code state} is MAPPED or UNMAPPING, for an exposure,
 *     and from a NAS of the predecessor, which does not tell
 * @param exposure the exposure, without its secrets; null unless {@code state} is MAPPED or
 *     UNMAPPING, and for a mapping
 * @param version what {@link CallOptions#ifStill} takes; null from a NAS that does not tell
 */
public record ZvolStatus(
    ZvolName zvol,
    @Nullable ByteSize size,
    MappingState state,
    @Nullable NodeName host,
    @Nullable Mapping mapping,
    @Nullable Exposure exposure,
    @Nullable ZvolVersion version) {
  /** A volume whose version is not told. */
  public ZvolStatus(
      ZvolName zvol,
      @Nullable ByteSize size,
      MappingState state,
      @Nullable NodeName host,
      @Nullable Mapping mapping,
      @Nullable Exposure exposure) {
    this(zvol, size, state, host, mapping, exposure, null);
  }

  /** A volume that is not exposed, and whose version is not told. */
  public ZvolStatus(
      ZvolName zvol,
      @Nullable ByteSize size,
      MappingState state,
      @Nullable NodeName host,
      @Nullable Mapping mapping) {
    this(zvol, size, state, host, mapping, null, null);
  }

  /**
   * Checks that the parts agree.
   *
   * @throws VmStoreException INVALID_ARGUMENT when they do not
   */
  public ZvolStatus {
    boolean inHand = mapping != null || exposure != null;
    boolean agrees =
        switch (state) {
          case UNMAPPED, DELETING -> host == null && !inHand;
          case MAPPING -> host != null && !inHand;
          case MAPPED -> host != null && (size != null) == inHand;
          case UNMAPPING -> host != null && (size != null || !inHand);
        };
    if (!agrees || (mapping != null && exposure != null)) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "status of zvol '" + zvol + "' is not valid")
          .reason(
              "state "
                  + state
                  + " does not go with size "
                  + size
                  + ", host "
                  + host
                  + ", mapping "
                  + mapping
                  + " and exposure "
                  + exposure)
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

  /** {@return the same with a version} */
  public ZvolStatus as(ZvolVersion newVersion) {
    return new ZvolStatus(zvol, size, state, host, mapping, exposure, newVersion);
  }

  /** {@return the exposure, when there is one} */
  public Optional<Exposure> currentExposure() {
    return Optional.ofNullable(exposure);
  }
}
