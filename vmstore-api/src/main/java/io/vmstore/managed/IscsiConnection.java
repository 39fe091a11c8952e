package io.vmstore.managed;

import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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
 * @param other the fields of {@code data} that vmstore does not use, as they came
 * @param around the fields beside {@code data} that vmstore does not use, as they came
 */
public record IscsiConnection(
    List<IscsiPath> paths,
    @Nullable ChapLogin chap,
    AccessMode access,
    @Nullable Boolean discard,
    boolean enforceMultipath,
    @Nullable String serial,
    Map<String, @Nullable Object> other,
    Map<String, @Nullable Object> around) {
  /** As many as a session's worth of portals of the largest arrays. */
  public static final int MOST_PATHS = 64;

  /** SPC-4, 7.8.15: the page's length is one byte. */
  private static final Pattern SERIAL = Pattern.compile("[\\x21-\\x7e]([\\x20-\\x7e]{0,251})");

  /**
   * Checks the paths and keeps copies.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when there is no path, too many, or
   *     two are the same; when the serial is none; or when a field is not what {@link
   *     ConnectorInfo} says
   */
  public IscsiConnection {
    paths = List.copyOf(paths);
    other = Documents.copy(other);
    around = Documents.copy(around);
    if (paths.isEmpty() || paths.size() > MOST_PATHS) {
      throw Documents.invalid(
          "target_portals", paths.size(), "a volume has 1 to " + MOST_PATHS + " paths");
    }
    if (paths.stream().distinct().count() != paths.size()) {
      throw Documents.invalid("target_portals", paths, "a path is named twice");
    }
    if (serial != null && !SERIAL.matcher(serial).matches()) {
      throw Documents.invalid(
          "vmstore_serial", serial, "a unit serial number is 1 to 252 printable ASCII characters");
    }
  }

  /** {@return the connection over the given ways, with nothing else said} */
  public static IscsiConnection over(List<IscsiPath> paths) {
    return new IscsiConnection(
        paths, null, AccessMode.READ_WRITE, null, false, null, Map.of(), Map.of());
  }

  /**
   * {@return the connection to an export of vmstore's own, over all its portals}
   *
   * @param chap the mapping's secrets, null when the initiator's name suffices
   * @param initiator who is admitted; its name goes with its secret, as the target's own does
   */
  public static IscsiConnection ofExport(
      Target target, @Nullable ChapSecrets chap, Iqn initiator, VolumeId id) {
    TargetName name = TargetName.of(target.iqn());
    ChapLogin login =
        chap == null
            ? null
            : new ChapLogin(
                initiator.value(),
                chap.initiator(),
                chap.target() == null ? null : name.value(),
                chap.target());
    List<IscsiPath> paths =
        target.portals().stream().map(portal -> new IscsiPath(portal, name, 0)).toList();
    return new IscsiConnection(
        paths, login, AccessMode.READ_WRITE, true, false, id.toString(), Map.of(), Map.of());
  }

  /** {@return the connection to a volume that a NAS of vmstore exposes, with its secrets} */
  public static IscsiConnection to(Exposure exposure) {
    return ofExport(exposure.target(), exposure.chap(), exposure.initiator(), exposure.id());
  }

  /** {@return what is said here, without the values of fields that vmstore does not know} */
  @Override
  public String toString() {
    return "IscsiConnection[paths="
        + paths
        + ", chap="
        + chap
        + ", access="
        + access
        + ", serial="
        + serial
        + ", other="
        + other.keySet()
        + around.keySet()
        + "]";
  }

  /** What a volume may be used for. */
  public enum AccessMode {
    /** Reading and writing, {@code rw}. */
    READ_WRITE,
    /** Reading only, {@code ro}: the block device refuses writes. */
    READ_ONLY
  }
}
