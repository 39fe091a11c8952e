package io.vmstore.spi;

import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attaches exported volumes to this machine.
 *
 * <p>Implementations must pass {@code TargetConnectorContract} of vmstore-testkit. Rules for all
 * ports: see the package.
 */
public interface TargetConnector extends AutoCloseable {
  /**
   * {@return the name under which this machine logs in}
   *
   * @throws io.vmstore.error.VmStoreException FAILED_PRECONDITION: the machine has none, or it is
   *     not a valid name
   */
  Iqn initiator();

  /**
   * Logs in, waits for the disk and returns it once its unit serial number was read and equals the
   * volume's id. Connecting again returns the same device.
   *
   * <p>After a failure without {@code outcomeUnknown()} there is no session, no node record and no
   * device of this target; a connection that existed before the call is left alone.
   *
   * @param chap what the login has to prove, and the target in turn; null when this machine's name
   *     suffices
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>UNAVAILABLE: no portal answers
   *       <li>NOT_FOUND: the portals answer and do not know the target
   *       <li>PERMISSION_DENIED: the target does not admit this machine, or either does not know
   *           the other's secret
   *       <li>FAILED_PRECONDITION: the device is another disk than {@code id}
   *       <li>DEADLINE_EXCEEDED: no device appeared in time
   *     </ul>
   */
  ConnectedDevice connect(
      Target target, VolumeId id, @Nullable ChapSecrets chap, Deadline deadline);

  /**
   * Flushes the device, removes it, logs out and forgets the target. What is not connected is
   * success, and remains of an earlier connection (a session without a device, a node record) are
   * removed. A target that is gone does not prevent it.
   *
   * <p>After FAILED_PRECONDITION the device is attached and usable as before.
   *
   * @throws io.vmstore.error.VmStoreException FAILED_PRECONDITION: the device is open, mounted, or
   *     part of another device; the error names the holder
   */
  void disconnect(Target target, VolumeId id, Deadline deadline);

  /**
   * Reads the size of a connected device anew until it is at least the given one, and returns the
   * device with it. The device may be in use. One that is as large already is left as it is.
   *
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>NOT_FOUND: the volume is not connected here
   *       <li>FAILED_PRECONDITION: the device is another disk than {@code id}; nothing was done
   *       <li>UNAVAILABLE: the target cannot be reached
   *       <li>DEADLINE_EXCEEDED: the device did not show the size in time
   *     </ul>
   */
  ConnectedDevice extend(Target target, VolumeId id, ByteSize size, Deadline deadline);

  /**
   * {@return the connected targets of vmstore that have a disk, ordered by target; those of others
   * are not shown}
   */
  List<ConnectedDevice> list(Deadline deadline);

  @Override
  void close();
}
