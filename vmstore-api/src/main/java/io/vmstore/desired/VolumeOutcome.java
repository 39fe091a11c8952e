package io.vmstore.desired;

import io.vmstore.ZvolStatus;
import io.vmstore.error.VmStoreException;
import io.vmstore.managed.IscsiConnection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of one volume.
 *
 * @param volume what it should be
 * @param result whether it is so, and whether this call had a part in it
 * @param done the steps that this call took, in order, as far as it knows; a failed volume may have
 *     some, and one that an earlier sending of the same call changed may have none
 * @param look what the volume was when this call looked last; null when it could not look after
 *     what it did
 * @param connection how a host attaches it that does so by itself; null for any other
 * @param failure why it is not what it should be; null unless FAILED
 */
public record VolumeOutcome(
    DesiredVolume volume,
    Result result,
    List<Step> done,
    @Nullable Look look,
    @Nullable IscsiConnection connection,
    @Nullable VmStoreException failure) {
  /** How it ended. */
  public enum Result {
    /** It is what it should be, and something had to be done for it by this call. */
    CHANGED,
    /** It is what it should be, and was so without this call. */
    UNCHANGED,
    /** It is not, or not certainly, what it should be. */
    FAILED
  }

  /**
   * What a volume was at some moment.
   *
   * @param status as its NAS told; null when there was no such volume
   */
  public record Look(@Nullable ZvolStatus status) {}

  /** Keeps a copy. */
  public VolumeOutcome {
    done = List.copyOf(done);
  }

  /** {@return the volume as its NAS told last; empty when it is not there, or not known} */
  public Optional<ZvolStatus> status() {
    return Optional.ofNullable(look).map(Look::status);
  }
}
