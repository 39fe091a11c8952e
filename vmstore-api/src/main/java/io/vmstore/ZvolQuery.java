package io.vmstore;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ZvolName;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which volumes to list. They come in the order of their names, as texts, so that the last of one
 * page says where the next one begins; a volume that is there all the time is on exactly one page.
 *
 * @param zvol the only one to list, or null for all
 * @param after only those whose names come after this one; null from the first one on
 * @param limit how many at most, at least 1
 */
public record ZvolQuery(@Nullable ZvolName zvol, @Nullable ZvolName after, int limit) {
  /**
   * Checks the limit.
   *
   * @throws VmStoreException INVALID_ARGUMENT when it is less than 1
   */
  public ZvolQuery {
    if (limit < 1) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "limit '" + limit + "' of a list is not valid")
          .reason("a page has at least one volume")
          .correction("give a limit of 1 or more")
          .build();
    }
  }

  /** {@return a query for every volume of the NAS} */
  public static ZvolQuery all() {
    return new ZvolQuery(null, null, Integer.MAX_VALUE);
  }

  /** {@return a query for one volume} */
  public static ZvolQuery named(ZvolName zvol) {
    return new ZvolQuery(zvol, null, Integer.MAX_VALUE);
  }

  /** {@return a query for the volumes after one, or from the first one on, up to a limit} */
  public static ZvolQuery page(@Nullable ZvolName after, int limit) {
    return new ZvolQuery(null, after, limit);
  }

  /** {@return what the query asks for of all volumes of a NAS, in order} */
  public List<ZvolStatus> of(Collection<ZvolStatus> all) {
    return all.stream()
        .filter(status -> zvol == null || zvol.equals(status.zvol()))
        .filter(status -> after == null || status.zvol().compareTo(after) > 0)
        .sorted(Comparator.comparing(ZvolStatus::zvol))
        .limit(limit)
        .toList();
  }

  /** {@return the only volume to list, or empty for all} */
  public Optional<ZvolName> only() {
    return Optional.ofNullable(zvol);
  }
}
