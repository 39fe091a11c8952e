package io.vmstore;

import io.vmstore.model.Iqn;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a compute node does: it attaches exported volumes as block devices. A NAS calls it while it
 * maps and unmaps; a frontend uses {@link #listDevices} only.
 *
 * <p>The same interface is implemented by the role on the node and by the stub that a NAS or
 * frontend holds. Answers, deadlines and threads are as in {@link NasService}. One operation runs
 * for a volume at a time; another one waits for its turn until its deadline and then fails with
 * BUSY.
 */
public interface ComputeService {
  /** The detail of a refusal that says which mapping of the volume the node knows of. */
  String NEWER_GENERATION = "newer_generation";

  /**
   * {@return the name under which this node logs in to targets: the one name a target must admit}
   */
  CompletableFuture<Iqn> initiator(CallOptions options);

  /**
   * Logs in to the target, waits for the device, proves that its unit serial number is the volume's
   * id, and returns it. The same attachment again gives the same device. What an older mapping of
   * the volume left here is detached first.
   *
   * <p>After a failure there is no session, no node record and no device of this target, unless
   * {@code outcomeUnknown()}.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>UNAVAILABLE when no portal of the target can be reached;
   *   <li>PERMISSION_DENIED when the target does not admit this node;
   *   <li>FAILED_PRECONDITION when the device is another disk than the one asked for, when the
   *       generation is older than the attached one or was detached already, or when the device of
   *       an older mapping is still open;
   *   <li>DEADLINE_EXCEEDED when no device appeared in time.
   * </ul>
   */
  CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options);

  /**
   * Flushes and removes the device, logs out and forgets the target. What is not attached is left
   * as it is, successfully.
   *
   * <p>Fails with FAILED_PRECONDITION when the device is open (naming the process) or used by
   * another device; it then stays attached and usable. A generation older than the attached one is
   * FAILED_PRECONDITION too, with the newer one in the detail {@value #NEWER_GENERATION}.
   */
  CompletableFuture<Void> detach(DetachTarget request, CallOptions options);

  /**
   * Reads the size of an attached device anew until it has the one its NAS gave it, and returns the
   * device with it. The device may be in use. One that has the size already is left as it is.
   *
   * <p>Fails with
   *
   * <ul>
   *   <li>FAILED_PRECONDITION when this mapping of the volume is not attached, with the number of
   *       the one that is, or was, in the detail {@value #NEWER_GENERATION} when it is later;
   *   <li>NOT_FOUND when the device is not there now, after a reboot say: the node attaches it
   *       again, and it has its size then;
   *   <li>DEADLINE_EXCEEDED when the device did not show the size in time.
   * </ul>
   */
  CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options);

  /** {@return the targets attached to this node, ordered by name} */
  CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options);

  /**
   * Compares the records with the devices. The node does so by itself when it starts, and attaches
   * again what is missing; this call also shows what no record asks for, and detaches that only
   * with {@link Repair#SETTLE}, unless it is open.
   *
   * @return what differs, and what was, or would be, done about each; empty when nothing differs
   */
  CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options);
}
