package io.vmstore.desired;

import io.vmstore.CallOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Brings volumes to the states that a document says, by the calls of {@link io.vmstore.NasService}.
 * It keeps nothing between two calls: whatever it has to know it asks the NASes for, so any number
 * may work at once, on the same volumes too, and what one has begun and not ended another one ends.
 *
 * <p>A step is taken only if the volume still is what it was when the step was decided on ({@link
 * CallOptions#ifStill}); otherwise it is looked at again. So no step strikes a volume that came to
 * that name, or went to another host, meanwhile, and a step that succeeds had its effect. Two
 * documents that say different things of one volume are each told the truth, and the later step
 * stays.
 *
 * <p>A volume is taken from no host but the one that {@link DesiredVolume#from} names, and never by
 * force. No volume is ever made smaller.
 *
 * <p>Instances come from {@code io.vmstore.core.VmStore#controller}. Answers and threads are as in
 * {@link io.vmstore.NasService}. Thread safety: thread-safe.
 */
public interface StorageController {
  /**
   * {@return what {@link #ensure} would do now, for each volume, in the document's order} Nothing
   * is changed. A NAS that cannot be asked is the refusal of its volumes.
   */
  CompletableFuture<List<VolumePlan>> plan(DesiredDocument document, CallOptions options);

  /**
   * Brings the volumes to what they should be. A volume that another operation holds is waited for
   * until the deadline. Volumes whose turn has not come by then are FAILED with DEADLINE_EXCEEDED,
   * and nothing was done with them.
   *
   * <p>Of a document of many volumes, some can fail: the call itself does not fail for that.
   * Calling again goes on where it stopped. Calling again with the same {@link
   * CallOptions#operation}, from another process too, tells CHANGED also for what the first call
   * did, as far as nobody has changed the volume since.
   *
   * @param options the time for the whole document, and the name of the call
   * @param atOnce how many volumes are worked on at a time, at least 1
   * @param progress hears every step
   * @return what became of each volume, in the document's order
   */
  CompletableFuture<List<VolumeOutcome>> ensure(
      DesiredDocument document, CallOptions options, int atOnce, EnsureProgress progress);
}
