package io.vmstore;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Exposure;
import io.vmstore.model.Mapping;
import io.vmstore.model.ZvolName;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a NAS does: it owns volumes, and puts each into the hands of at most one compute node.
 *
 * <p>The same interface is implemented by the role on the node and by the stub a frontend holds; a
 * caller cannot tell them apart. Instances come from {@code io.vmstore.core.NasNode} and {@code
 * io.vmstore.core.VmStore}.
 *
 * <p><b>Answers.</b> Every call returns at once; its future completes before {@link
 * CallOptions#timeout()} has passed, with a result or with a {@link
 * io.vmstore.error.VmStoreException} (as the cause of the {@code CompletionException}). Cancelling
 * the future abandons the answer, not the operation.
 *
 * <p><b>One operation a volume.</b> While one runs, {@link #createZvol}, {@link #mapZvol}, {@link
 * #exposeZvol} and {@link #deleteZvol} of the same volume fail with BUSY, and {@link #unmapZvol}
 * and {@link #growZvol} wait for their turn. {@link #forceUnmapZvol} goes before all who wait, and
 * does not wait for a compute node's answer: an operation that does fails with CANCELLED and {@code
 * outcomeUnknown()}. Different volumes do not wait for one another.
 *
 * <p><b>After a failure</b> the steps that were done have been undone, unless {@code
 * outcomeUnknown()} says otherwise: then the volume may stay, as {@link #listZvols} shows it, in
 * {@code MAPPING}, {@code UNMAPPING} or {@code DELETING}, where nobody else can get it. The NAS
 * goes on by itself until that is ended; the same call again does so at once, or {@link #unmapZvol}
 * of a mapping.
 *
 * <p>Thread safety: implementations are thread-safe, and futures complete on threads of the
 * implementation, where dependent stages must not block.
 *
 * <p>Common codes: DEADLINE_EXCEEDED when the time passed (with {@code outcomeUnknown()} if the
 * work may go on), UNAVAILABLE when the NAS cannot be reached, CANCELLED when the transport was
 * closed or a forced unmap took over, INTERNAL for a defect.
 */
public interface NasService {
  /**
   * Creates a volume, and gives it to nobody. One that is there is left as it is, successfully.
   *
   * @return the volume as it is; {@link ZvolStatus#version} names this operation if, and only if,
   *     this operation created it
   *     <p>Fails with
   *     <ul>
   *       <li>FAILED_PRECONDITION when it is being mapped, which may turn out to leave no volume,
   *           or being deleted
   *       <li>BUSY, RESOURCE_EXHAUSTED, NOT_FOUND and UNAVAILABLE as {@link #mapZvol} does
   *     </ul>
   */
  CompletableFuture<ZvolStatus> createZvol(CreateZvol request, CallOptions options);

  /**
   * Maps a volume to a compute node, creating it when absent, and returns where the node has it. A
   * mapping lasts until {@link #unmapZvol}, over every restart. The same mapping again gives the
   * same answer, with no further effect.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>FAILED_PRECONDITION when the volume is mapped to another node, exposed, or being unmapped
   *       or deleted;
   *   <li>BUSY when another operation of the volume is under way;
   *   <li>UNAVAILABLE when the compute node cannot be reached; nothing was created;
   *   <li>RESOURCE_EXHAUSTED when the pool has no room for the volume;
   *   <li>NOT_FOUND when the NAS does not serve the pool, UNAVAILABLE when the pool is not there
   *       now;
   *   <li>DEADLINE_EXCEEDED with {@code outcomeUnknown()} when the compute node did not say whether
   *       it has the device.
   * </ul>
   */
  CompletableFuture<Mapping> mapZvol(MapZvol request, CallOptions options);

  /**
   * Takes a volume back from its compute node: the device is detached there first, then the export
   * ends. A volume that is not mapped is left as it is, successfully. The data stays.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>FAILED_PRECONDITION when the device is open on the compute node, naming who holds it; the
   *       mapping stays intact;
   *   <li>NOT_FOUND when there is no such volume;
   *   <li>UNAVAILABLE when the compute node cannot be reached; the mapping stays intact;
   *   <li>BUSY when an operation of the volume was still under way at the deadline.
   * </ul>
   */
  CompletableFuture<Void> unmapZvol(ZvolName zvol, CallOptions options);

  /**
   * Takes a volume away from a compute node that is dead or cut off. The node is not asked: its
   * access is ended on the NAS, and only once its session is seen gone is the volume free for
   * another node. What the node had not flushed is lost, and its processes get I/O errors. When it
   * is back, the NAS has it drop the device; that is tried until the node confirms it, over every
   * restart.
   *
   * <p>A volume that is not mapped is left as it is, successfully.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>NOT_FOUND when there is no such volume;
   *   <li>DEADLINE_EXCEEDED with {@code outcomeUnknown()} when the session was not seen gone in
   *       time; the volume stays UNMAPPING, and fencing it goes on;
   *   <li>BUSY when a step of another operation on the NAS itself had not ended at the deadline.
   * </ul>
   */
  CompletableFuture<Void> forceUnmapZvol(ZvolName zvol, CallOptions options);

  /**
   * Makes a volume larger while it may be in use, and returns its true size once everybody who has
   * it sees that: the size asked for, rounded up to the volume's block size. A volume that has that
   * size already is left as it is, successfully. The compute node of a mapping is asked first, so
   * that nothing was done when it is not there; the consumer of an exposure has to look by itself
   * ({@link ManagedVolumes#extendVolume}). Waits for its turn as {@link #unmapZvol} does.
   *
   * <p>Growing has no inverse. After a failure without {@code outcomeUnknown()} the volume has the
   * size it had; otherwise it may be larger already, never smaller. The NAS then goes on by itself
   * until the compute node sees the new size; the same call again does so at once.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>NOT_FOUND when there is no such volume;
   *   <li>FAILED_PRECONDITION when it is larger than that, because a volume is never made smaller,
   *       or when it is being mapped, unmapped or deleted;
   *   <li>RESOURCE_EXHAUSTED when the pool has no room for it;
   *   <li>UNAVAILABLE when the compute node cannot be reached, UNIMPLEMENTED when it cannot do
   *       this, as a node of the predecessor; nothing was done;
   *   <li>DEADLINE_EXCEEDED with {@code outcomeUnknown()} when the compute node did not say in time
   *       that it sees the new size;
   *   <li>BUSY when an operation of the volume was still under way at the deadline.
   * </ul>
   */
  CompletableFuture<ByteSize> growZvol(ZvolName zvol, ByteSize size, CallOptions options);

  /**
   * Maps a volume to an initiator that somebody else drives, creating it when absent, and returns
   * what that initiator needs for its login, the secrets included. No compute node is asked. An
   * exposure is on record and lasts as a mapping does; the same one again gives the same answer.
   *
   * <p>{@link #unmapZvol} ends it, which fails with FAILED_PRECONDITION as long as the initiator
   * has a session: detach there first. An initiator that has lost its connection has no session,
   * and its data that is not written yet is lost then. {@link #forceUnmapZvol} shuts the initiator
   * out, and nobody is told.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>FAILED_PRECONDITION when the volume is mapped to a node, exposed to another host or
   *       initiator, or being unmapped or deleted;
   *   <li>BUSY, RESOURCE_EXHAUSTED, NOT_FOUND and UNAVAILABLE as {@link #mapZvol} does.
   * </ul>
   */
  CompletableFuture<Exposure> exposeZvol(ExposeZvol request, CallOptions options);

  /**
   * Destroys a volume and its data. A volume that is not there is success: a repeated delete gives
   * the first one's answer.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>FAILED_PRECONDITION when the volume is mapped, has snapshots or clones, or is held by
   *       something on the NAS;
   *   <li>BUSY when another operation of the volume is under way.
   * </ul>
   */
  CompletableFuture<Void> deleteZvol(ZvolName zvol, CallOptions options);

  /**
   * {@return the volumes asked for, ordered by name, each with its mapping; a name that does not
   * exist gives an empty list} A volume that is missing in its pool is listed all the same while
   * the NAS has it on record as anything but UNMAPPED: in DELETING its end is being brought about,
   * in any other state somebody counts on it. Its size is the one on record, if one is.
   */
  CompletableFuture<List<ZvolStatus>> listZvols(ZvolQuery query, CallOptions options);

  /**
   * Compares the records with the pools and the exports. The NAS does so by itself when it starts
   * and after every call of unknown outcome, and settles what is its own; this call also shows what
   * nobody owns, and removes that only with {@link Repair#SETTLE}, through the same steps that a
   * request takes.
   *
   * @return what differs, and what was, or would be, done about each; empty when nothing differs
   */
  CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options);
}
