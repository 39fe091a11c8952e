package io.vmstore;

import io.vmstore.model.ZvolName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which volumes to list.
 *
 * @param zvol the only one to list, or null for all
 */
public record ZvolQuery(@Nullable ZvolName zvol) {
  /** {@return a query for every volume of the NAS} */
  public static ZvolQuery all() {
    return new ZvolQuery(null);
  }

  /** {@return a query for one volume} */
  public static ZvolQuery named(ZvolName zvol) {
    return new ZvolQuery(zvol);
  }

  /** {@return the only volume to list, or empty for all} */
  public Optional<ZvolName> only() {
    return Optional.ofNullable(zvol);
  }
}
