package io.vmstore.core.compute;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Turns;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.StateStore;
import io.vmstore.spi.TargetConnector;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The compute role on the node itself. The connector is called on the scheduler's threads.
 *
 * <p>Obtained from {@code io.vmstore.core.ComputeNode}. Thread safety: thread-safe.
 */
public final class LocalComputeService implements ComputeService {
  private final TargetConnector connector;
  private final Scheduler scheduler;
  private final AttachmentRecords records;
  private final Turns<VolumeId> turns;

  /**
   * Reads the records.
   *
   * @throws VmStoreException INTERNAL when a record cannot be read back
   */
  public LocalComputeService(TargetConnector connector, StateStore store, Scheduler scheduler) {
    this.connector = connector;
    this.scheduler = scheduler;
    this.records = new AttachmentRecords(store);
    this.turns = new Turns<>(scheduler);
  }

  @Override
  public CompletableFuture<Iqn> initiator(CallOptions options) {
    return answered("name the initiator", options, deadline -> async(connector::initiator));
  }

  @Override
  public CompletableFuture<AttachedDevice> attach(AttachTarget request, CallOptions options) {
    return answered(
        "attach '" + request.target().iqn() + "'",
        options,
        deadline ->
            turns.whenFree(
                request.volume(),
                "attach",
                turn(deadline, options),
                () -> async(() -> attach(request, deadline))));
  }

  @Override
  public CompletableFuture<Void> detach(DetachTarget request, CallOptions options) {
    return answered(
        "detach '" + request.target().iqn() + "'",
        options,
        deadline ->
            turns.whenFree(
                request.volume(),
                "detach",
                turn(deadline, options),
                () -> CompletableFuture.runAsync(() -> detach(request, deadline), scheduler)));
  }

  @Override
  public CompletableFuture<List<AttachedDevice>> listDevices(CallOptions options) {
    return answered(
        "list the devices",
        options,
        deadline ->
            async(
                () ->
                    connector.list(deadline).stream()
                        .flatMap(LocalComputeService::known)
                        .toList()));
  }

  /** BUSY, which is certain, has to come before the answer that nothing is known in time. */
  private static Deadline turn(Deadline deadline, CallOptions options) {
    return deadline.earlierBy(options.timeout().dividedBy(10));
  }

  private AttachedDevice attach(AttachTarget request, Deadline deadline) {
    Optional<AttachmentRecord> before = records.find(request.volume());
    before.ifPresent(record -> requireNotOlder(request.volume(), request.generation(), record));
    records.put(new AttachmentRecord(request.volume(), request.target(), request.generation()));
    ConnectedDevice device;
    try {
      device = connector.connect(request.target(), request.volume(), deadline);
      requireSame(request, device, deadline);
    } catch (VmStoreException e) {
      if (!e.outcomeUnknown() && before.isEmpty()) {
        forget(request.volume());
      }
      throw e;
    }
    return attached(request.volume(), device);
  }

  private void detach(DetachTarget request, Deadline deadline) {
    Optional<AttachmentRecord> before = records.find(request.volume());
    before.ifPresent(record -> requireNotOlder(request.volume(), request.generation(), record));
    connector.disconnect(request.target(), request.volume(), deadline);
    // Known here or not: a write of unknown outcome may have left a record in the store.
    forget(request.volume());
  }

  /** The device is gone by now, so a failure must not let the caller believe it attached. */
  private void forget(VolumeId volume) {
    try {
      records.remove(volume);
    } catch (VmStoreException e) {
      throw Failures.withOutcome(e, true);
    }
  }

  private static void requireNotOlder(VolumeId volume, long generation, AttachmentRecord record) {
    if (generation < record.generation()) {
      throw VmStoreException.builder(
              ErrorCode.FAILED_PRECONDITION,
              "a message about volume '" + volume + "' came too late")
          .reason(
              "it is for mapping "
                  + generation
                  + ", and mapping "
                  + record.generation()
                  + " is attached")
          .correction("nothing has to be done: the volume was mapped again since")
          .build();
    }
  }

  /** The connector has compared them already; no adapter's mistake may hand over another disk. */
  private void requireSame(AttachTarget request, ConnectedDevice device, Deadline deadline) {
    if (!device.serial().equals(request.volume().toString())) {
      connector.disconnect(request.target(), request.volume(), deadline);
      throw VmStoreException.builder(
              ErrorCode.FAILED_PRECONDITION, "device '" + device.device() + "' is the wrong disk")
          .reason(
              "its unit serial number is '" + device.serial() + "', not '" + request.volume() + "'")
          .correction("see what the NAS exports at '" + request.target().iqn() + "'")
          .build();
    }
  }

  /** A target of ours whose disk does not say a volume's id is not listed as one. */
  private static Stream<AttachedDevice> known(ConnectedDevice device) {
    try {
      return Stream.of(attached(VolumeId.parse(device.serial()), device));
    } catch (VmStoreException e) {
      return Stream.empty();
    }
  }

  private static AttachedDevice attached(VolumeId volume, ConnectedDevice device) {
    return new AttachedDevice(
        device.target(), volume, device.device(), device.stablePath(), device.size());
  }

  private <T> CompletableFuture<T> async(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, scheduler);
  }

  private <T> CompletableFuture<T> answered(
      String operation, CallOptions options, Function<Deadline, CompletableFuture<T>> work) {
    Deadline deadline = Deadline.after(options.timeout(), scheduler::nanoTime);
    return Answers.by(
        deadline,
        scheduler,
        Answers.of(() -> work.apply(deadline)),
        () ->
            VmStoreException.builder(
                    ErrorCode.DEADLINE_EXCEEDED, "could not " + operation + " in time")
                .reason("it is still under way after " + options.timeout().toMillis() + " ms")
                .correction(
                    "look at the log of this node, then repeat the call with a longer time-out")
                .outcomeUnknown(true)
                .build());
  }
}
