package io.vmstore.managed;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a volume is reached: os-brick's connection information with the driver volume type {@code
 * iscsi}. Two are the same connection when they are equal in everything, whatever the order of the
 * fields in the documents was.
 *
 * @param paths the ways to the volume, best first, no two the same; all lead to one disk
 * @param chap what the logins have to prove, null when the initiator's name suffices
 * @param access what the volume may be used for
 * @param discard whether the user of the device may give blocks back, null when nothing is said
 * @param enforceMultipath whether a device without multipath is an error
 * @param serial the unit serial number (SPC-4, VPD page 0x80) the disk must have, {@code
 *     vmstore_serial}; null when whoever exposed it did not say
 * @param other the fields of {@code data} that vmstore does not know, as they came
 */
public record IscsiConnection(
    List<IscsiPath> paths,
    @Nullable ChapLogin chap,
    AccessMode access,
    @Nullable Boolean discard,
    boolean enforceMultipath,
    @Nullable String serial,
    Map<String, Object> other) {
  /** As many as a session's worth of portals of the largest arrays. */
  public static final int MOST_PATHS = 64;

  /**
   * Checks the paths and keeps copies.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when there is none, too many, or two
   *     are the same
   */
  public IscsiConnection {
    paths = List.copyOf(paths);
    other = Map.copyOf(other);
    if (paths.isEmpty() || paths.size() > MOST_PATHS) {
      throw Documents.invalid(
          "target_portals", paths.size(), "a volume has 1 to " + MOST_PATHS + " paths");
    }
    if (paths.stream().distinct().count() != paths.size()) {
      throw Documents.invalid("target_portals", paths, "a path is named twice");
    }
  }

  /** {@return the connection over the given ways, with nothing else said} */
  public static IscsiConnection over(List<IscsiPath> paths) {
    return new IscsiConnection(paths, null, AccessMode.READ_WRITE, null, false, null, Map.of());
  }

  /** What a volume may be used for. */
  public enum AccessMode {
    /** Reading and writing, {@code rw}. */
    READ_WRITE,
    /** Reading only, {@code ro}: the block device refuses writes. */
    READ_ONLY
  }
}
