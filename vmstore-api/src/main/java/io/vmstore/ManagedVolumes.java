package io.vmstore;

import io.vmstore.managed.ConnectorInfo;
import io.vmstore.managed.IscsiConnection;
import io.vmstore.managed.ManagedVolume;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Attaches volumes of any iSCSI target to this host, by an id that the manager chooses, and keeps
 * what it attached in a database of its own, which survives kill and reboot.
 *
 * <p>Calls for one id run one after the other, calls for different ids do not wait for one another
 * (volumes that share a target do, for as long as its session is made or ended). Answers, deadlines
 * and threads are as in {@link NasService}.
 *
 * <p>A device that is not the disk recorded for its id is never touched: not flushed, not removed,
 * not handed over.
 */
public interface ManagedVolumes {
  /** {@return what this host says of itself, read anew} */
  CompletableFuture<ConnectorInfo> connectorInfo(CallOptions options);

  /**
   * Attaches a volume. The same id with the same connection again is the same answer, and makes the
   * device anew where it is gone, after a reboot say.
   *
   * <p>After a failure nothing of it is left, no row in the database either, unless {@code
   * outcomeUnknown()} or the volume was attached before.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>ALREADY_EXISTS when the id is attached with another connection, or the disk under another
   *       id
   *   <li>UNAVAILABLE when no portal can be reached; NOT_FOUND when the portals do not know the
   *       target, or it has no such LUN
   *   <li>PERMISSION_DENIED when the target does not admit this host
   *   <li>FAILED_PRECONDITION when the disk is another than the one recorded for the id or than the
   *       connection's serial says, when its paths lead to different disks, or when multipath is
   *       enforced and multipathd does not run
   *   <li>DEADLINE_EXCEEDED when no device appeared in time
   * </ul>
   *
   * @param volumeId 1 to 128 of {@code A-Za-z0-9._-}, beginning with a letter or digit
   */
  CompletableFuture<ManagedVolume> attachVolume(
      String volumeId, IscsiConnection connection, CallOptions options);

  /**
   * Detaches a volume and forgets it. An id that is not known, and a device that is gone, are
   * success.
   *
   * <p>Fails with FAILED_PRECONDITION when the device is open, naming who holds it; it then stays
   * attached and usable.
   */
  CompletableFuture<Void> detachVolume(String volumeId, CallOptions options);

  /**
   * Has this host see the size that the volume's owner gave it, on every path, and returns it once
   * the device has it. For a volume that has not grown it is the size it has.
   *
   * <p>Fails with NOT_FOUND when the id is not attached here, with FAILED_PRECONDITION when its
   * device is not the disk recorded.
   */
  CompletableFuture<ManagedVolume> extendVolume(String volumeId, CallOptions options);

  /**
   * {@return the volumes of these ids, or of all when there is none, ordered by id} An id that is
   * not known is left out.
   */
  CompletableFuture<List<ManagedVolume>> volumesInfo(Set<String> volumeIds, CallOptions options);
}
