package io.vmstore.zfs.lio;

import io.vmstore.error.VmStoreException;
import io.vmstore.model.ChapMode;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.Export;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What the kernel has of one volume's export; parts of it when it is half-made.
 *
 * @param id the volume
 * @param where the target, there or not
 * @param device the path of the backstore's device; empty before it was given one
 * @param backstore whether there is a backstore
 * @param target whether there is a target
 * @param enabled whether logins are accepted
 * @param closed whether only the access list admits
 * @param linked whether LUN 0 is the backstore and the access list shows it
 * @param acl who is on the access list
 * @param sessions who is logged in
 * @param chap what a login has to prove
 */
record LioState(
    VolumeId id,
    Target where,
    String device,
    boolean backstore,
    boolean target,
    boolean enabled,
    boolean closed,
    boolean linked,
    List<String> acl,
    Set<String> sessions,
    ChapMode chap) {

  boolean absent() {
    return !backstore && !target;
  }

  boolean complete() {
    return enabled && closed && linked && acl.size() == 1;
  }

  /** {@return whether somebody else than the initiator is on the access list} */
  boolean admitsOther(Iqn initiator) {
    return acl.stream().anyMatch(Predicate.not(initiator.value()::equals));
  }

  /** A half-made export without a device shows {@code nothing} instead. */
  Export toExport(DevicePath nothing) {
    return new Export(
        id, where, path().orElse(nothing), iqns(Set.copyOf(acl)), iqns(sessions), chap);
  }

  /** The kernel keeps whatever was written into {@code udev_path}, and heeds it nowhere. */
  private Optional<DevicePath> path() {
    try {
      return Optional.of(new DevicePath(device));
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }

  private static Set<Iqn> iqns(Set<String> names) {
    return names.stream().flatMap(name -> iqn(name).stream()).collect(Collectors.toSet());
  }

  /** An eui. or naa. name that somebody added by hand is none of ours. */
  private static Optional<Iqn> iqn(String name) {
    try {
      return Optional.of(new Iqn(name));
    } catch (VmStoreException e) {
      return Optional.empty();
    }
  }
}
