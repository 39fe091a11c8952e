package io.vmstore.core.desired;

import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.core.flow.Batch;
import io.vmstore.core.flow.Failures;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.desired.EnsureProgress;
import io.vmstore.desired.StorageController;
import io.vmstore.desired.VolumeOutcome;
import io.vmstore.desired.VolumePlan;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Scheduler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Desired states by way of the calls of NASes, wherever those are.
 *
 * <p>Obtained from {@code io.vmstore.core.VmStore}, or made over roles of this process. Thread
 * safety: thread-safe.
 */
public final class NasStorageController implements StorageController {
  /** Looking is cheap, and yet not to be a flood. */
  private static final int LOOKS_AT_ONCE = 16;

  private final Function<NodeName, NasService> nases;
  private final Scheduler scheduler;

  /**
   * Makes a controller.
   *
   * @param nases finds a NAS by its name
   * @param scheduler time and threads; it stays its maker's
   */
  public NasStorageController(Function<NodeName, NasService> nases, Scheduler scheduler) {
    this.nases = nases;
    this.scheduler = scheduler;
  }

  @Override
  public CompletableFuture<List<VolumePlan>> plan(DesiredDocument document, CallOptions options) {
    Deadline deadline = Deadline.after(options.timeout(), scheduler::nanoTime);
    return Batch.each(
            document.volumes(), LOOKS_AT_ONCE, scheduler, volume -> plan(volume, deadline))
        .thenApply(plans -> inOrder(document, plans, VolumePlan::volume));
  }

  private CompletableFuture<VolumePlan> plan(DesiredVolume volume, Deadline deadline) {
    return Convergence.look(nases.apply(volume.nas()), volume, deadline)
        .handle(
            (found, failure) ->
                failure == null
                    ? Planner.plan(volume, found)
                    : new VolumePlan(volume, List.of(), Failures.of(failure)));
  }

  @Override
  public CompletableFuture<List<VolumeOutcome>> ensure(
      DesiredDocument document, CallOptions options, int atOnce, EnsureProgress progress) {
    if (atOnce < 1) {
      return CompletableFuture.failedFuture(
          VmStoreException.builder(
                  ErrorCode.INVALID_ARGUMENT,
                  "number '" + atOnce + "' of volumes at once is not valid")
              .correction("say 1 or more")
              .build());
    }
    Deadline deadline = Deadline.after(options.timeout(), scheduler::nanoTime);
    Deadline steps = deadline.earlierBy(Convergence.lastLook(options.timeout()));
    return Batch.each(
            document.volumes(),
            atOnce,
            scheduler,
            volume ->
                new Convergence(
                        nases.apply(volume.nas()),
                        volume,
                        options.operation(),
                        new Convergence.Time(scheduler, steps, deadline),
                        progress)
                    .run())
        .thenApply(outcomes -> inOrder(document, outcomes, VolumeOutcome::volume));
  }

  private static <T> List<T> inOrder(
      DesiredDocument document, List<T> results, Function<T, DesiredVolume> volume) {
    Map<DesiredVolume, T> byVolume = new HashMap<>();
    results.forEach(result -> byVolume.put(volume.apply(result), result));
    return document.volumes().stream()
        .map(wish -> Objects.requireNonNull(byVolume.get(wish)))
        .toList();
  }
}
