package io.vmstore.spi;

import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.ManagedVolume.Attachment;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attaches volumes of any iSCSI target to this machine, over one path or several. {@link
 * TargetConnector} is its elder brother for vmstore's own exports, each a target of its own.
 *
 * <p>Several volumes may share a target. Their devices are brought up one LUN at a time, never by a
 * scan of all, and a session ends with the last LUN of it that is in use by anybody.
 *
 * <p>Implementations must pass {@code VolumeConnectorContract} of vmstore-testkit. Rules for all
 * ports: see the package; "the same volume" is the same disk here, and the same pair of paths and
 * name.
 */
public interface VolumeConnector extends AutoCloseable {
  /**
   * {@return what this machine says of itself}
   *
   * @throws io.vmstore.error.VmStoreException FAILED_PRECONDITION: the machine has no initiator
   *     name, or multipath is wanted always and multipathd does not run
   */
  ConnectorInfo connectorInfo();

  /**
   * Logs in over every path that answers (one is enough), waits for the disk at the LUN, proves
   * that all paths show one disk and that it is the one wanted, joins them by multipath where that
   * is configured, and returns the device. Connecting again returns the same device and adds the
   * paths that are missing.
   *
   * <p>After a failure without {@code outcomeUnknown()} nothing that this call made is left: no
   * device, no session, no node record, no multipath device; what existed before is left alone.
   *
   * @param name names the link of the device's stable path, and nobody else's
   * @param wwn the disk it must be, null when any is accepted that {@code connection} allows
   * @throws io.vmstore.error.VmStoreException as {@code ManagedVolumes#attachVolume} says, but for
   *     ALREADY_EXISTS
   */
  Device connect(String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline);

  /**
   * Flushes and removes the volume's devices, its multipath device first, ends the sessions that
   * nobody else uses, forgets their node records, and removes the link. What is not there is
   * success, targets that are gone do not prevent it, and a flush that cannot end is given up when
   * no path is left to write to.
   *
   * <p>A disk at one of the paths that is not {@code wwn} is left alone, and its session with it. A
   * multipath device that has other paths too is left to them: only the connection's are taken out
   * of it.
   *
   * @param wwn the disk that was connected; null when that is not known, after a crash in {@link
   *     #connect}: then what is at the paths is removed unless it is in use
   * @throws io.vmstore.error.VmStoreException FAILED_PRECONDITION: a device is open, mounted, or
   *     part of another device; the error names the holder; it is attached and usable as before
   */
  void disconnect(String name, IscsiConnection connection, @Nullable String wwn, Deadline deadline);

  /**
   * {@return the volume's device, when it is here, is the disk {@code wwn} and has a path that
   * works} Changes nothing, and may be called beside any other call for the volume.
   */
  Optional<Device> find(String name, IscsiConnection connection, String wwn, Deadline deadline);

  /**
   * Reads the size anew on every path, then of the multipath device, and returns the device with
   * it. The device may be in use.
   *
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>NOT_FOUND: the volume is not connected here
   *       <li>FAILED_PRECONDITION: the disk there is not {@code wwn}
   *       <li>DEADLINE_EXCEEDED: the paths do not agree on a size in time
   *     </ul>
   */
  Device extend(String name, IscsiConnection connection, String wwn, Deadline deadline);

  @Override
  void close();

  /**
   * A volume's device.
   *
   * @param path what a user of the volume is given: it means this disk for as long as it is
   *     connected
   * @param attachment the device behind it
   * @param size its size
   */
  record Device(DevicePath path, Attachment attachment, ByteSize size) {}
}
