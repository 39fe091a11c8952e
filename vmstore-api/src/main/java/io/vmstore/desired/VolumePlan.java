package io.vmstore.desired;

import io.vmstore.error.VmStoreException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What would be done with one volume as it is now.
 *
 * @param volume what it should be
 * @param steps what would be done, in order; empty when it is so already, or is refused
 * @param refusal why nothing would be done although it is not so, null when nothing stands against
 *     it
 */
public record VolumePlan(
    DesiredVolume volume, List<Step> steps, @Nullable VmStoreException refusal) {
  /** Keeps a copy. */
  public VolumePlan {
    steps = List.copyOf(steps);
  }

  /** {@return why it is refused, when it is} */
  public Optional<VmStoreException> refused() {
    return Optional.ofNullable(refusal);
  }
}
