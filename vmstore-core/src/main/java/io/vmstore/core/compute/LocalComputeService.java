package io.vmstore.core.compute;

import io.vmstore.AttachTarget;
import io.vmstore.AttachedDevice;
import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.DetachTarget;
import io.vmstore.Finding;
import io.vmstore.Repair;
import io.vmstore.ResizeTarget;
import io.vmstore.core.flow.Answers;
import io.vmstore.core.flow.Failures;
import io.vmstore.core.flow.Reconciler;
import io.vmstore.core.flow.Turns;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.Iqn;
import io.vmstore.model.Target;
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
import org.jspecify.annotations.Nullable;

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
  private final Reconciler recovery;

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
    this.recovery = new Recovery(connector, scheduler, records, turns).reconciler();
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
  public CompletableFuture<AttachedDevice> resize(ResizeTarget request, CallOptions options) {
    return answered(
        "see the size of '" + request.target().iqn() + "'",
        options,
        deadline ->
            turns.whenFree(
                request.volume(),
                "resize",
                turn(deadline, options),
                () -> async(() -> resize(request, deadline))));
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

  @Override
  public CompletableFuture<List<Finding>> reconcile(Repair repair, CallOptions options) {
    return answered("reconcile", options, deadline -> recovery.reconcile(repair, deadline));
  }

  /**
   * Begins, in the background, to attach again what is on record; it goes on for as long as it
   * takes.
   *
   * @return completes when nothing is left to attach
   */
  public CompletableFuture<Void> recover() {
    return recovery.wake();
  }

  private AttachedDevice attach(AttachTarget request, Deadline deadline) {
    VolumeId volume = request.volume();
    Optional<AttachmentRecord> before = records.find(volume);
    before.ifPresent(record -> requireNotOver(request, record));
    before
        .filter(record -> record.attached() && record.generation() < request.generation())
        .ifPresent(older -> dropOlder(older, deadline));
    before
        .filter(record -> movedFrom(record, request))
        .ifPresent(record -> connector.disconnect(record.target(), volume, deadline));
    records.attached(request);
    ConnectedDevice device;
    try {
      device = connector.connect(request.target(), volume, request.chap(), deadline);
      requireSame(volume, request.target(), device, deadline);
    } catch (VmStoreException e) {
      boolean repeated =
          before.filter(record -> record.generation() == request.generation()).isPresent();
      if (!e.outcomeUnknown() && !repeated) {
        forget(volume, request.target(), request.generation());
      }
      throw e;
    }
    return attached(volume, device);
  }

  /**
   * Its NAS exports it elsewhere now, and a session does not follow. The record changes after that:
   * as long as it does not, the NAS asks again.
   */
  private static boolean movedFrom(AttachmentRecord record, AttachTarget request) {
    return record.attached()
        && record.generation() == request.generation()
        && !record.target().equals(request.target());
  }

  /** An older mapping's device, of a NAS that took the volume away without asking this node. */
  private void dropOlder(AttachmentRecord older, Deadline deadline) {
    connector.disconnect(older.target(), older.volume(), deadline);
    records.detached(older.volume(), older.target(), older.generation());
  }

  private void detach(DetachTarget request, Deadline deadline) {
    VolumeId volume = request.volume();
    Optional<AttachmentRecord> before = records.find(volume);
    before.ifPresent(record -> requireNotOlder(request, record));
    connector.disconnect(request.target(), volume, deadline);
    Optional<AttachmentRecord> older =
        before.filter(record -> record.attached() && record.generation() < request.generation());
    if (older.isPresent()) {
      records.heardOf(older.get(), request.generation());
    } else {
      // Known here or not: a write of unknown outcome may have left a record in the store.
      forget(volume, request.target(), request.generation());
    }
  }

  private AttachedDevice resize(ResizeTarget request, Deadline deadline) {
    VolumeId volume = request.volume();
    AttachmentRecord record = records.find(volume).orElse(null);
    if (record == null || !record.attached() || record.generation() != request.generation()) {
      throw notAttached(request, record);
    }
    ConnectedDevice device = connector.extend(record.target(), volume, request.size(), deadline);
    if (!device.serial().equals(volume.toString())) {
      throw wrongDisk(volume, record.target(), device);
    }
    return attached(volume, device);
  }

  private static VmStoreException notAttached(
      ResizeTarget request, @Nullable AttachmentRecord record) {
    if (record != null && record.newest() > request.generation()) {
      return tooLate(request.volume(), request.generation(), record.newest());
    }
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION,
            "cannot see the size of volume '" + request.volume() + "'")
        .reason("mapping " + request.generation() + " of it is not attached here")
        .correction("unmap the volume and map it again")
        .build();
  }

  /** The device is gone by now, so a failure must not let the caller believe it attached. */
  private void forget(VolumeId volume, Target target, long generation) {
    try {
      records.detached(volume, target, generation);
    } catch (VmStoreException e) {
      throw Failures.withOutcome(e, true);
    }
  }

  private static void requireNotOver(AttachTarget request, AttachmentRecord record) {
    boolean repeated = record.attached() && request.generation() == record.generation();
    if (request.generation() <= record.newest() && !(repeated && isNewest(record))) {
      throw tooLate(request.volume(), request.generation(), record.newest());
    }
  }

  private static boolean isNewest(AttachmentRecord record) {
    return record.generation() == record.newest();
  }

  private static void requireNotOlder(DetachTarget request, AttachmentRecord record) {
    if (request.generation() < record.generation()) {
      throw tooLate(request.volume(), request.generation(), record.newest());
    }
  }

  private static VmStoreException tooLate(VolumeId volume, long generation, long known) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "a message about volume '" + volume + "' came too late")
        .reason("it is for mapping " + generation + ", and this node knows of mapping " + known)
        .correction("repeat the call: the next mapping has a number of its own")
        .detail(NEWER_GENERATION, Long.toString(known))
        .build();
  }

  /** The connector has compared them already; no adapter's mistake may hand over another disk. */
  private void requireSame(
      VolumeId volume, Target target, ConnectedDevice device, Deadline deadline) {
    if (!device.serial().equals(volume.toString())) {
      connector.disconnect(target, volume, deadline);
      throw wrongDisk(volume, target, device);
    }
  }

  private static VmStoreException wrongDisk(
      VolumeId volume, Target target, ConnectedDevice device) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION, "device '" + device.device() + "' is the wrong disk")
        .reason("its unit serial number is '" + device.serial() + "', not '" + volume + "'")
        .correction("see what the NAS exports at '" + target.iqn() + "'")
        .build();
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
    return Answers.within(options, scheduler, operation, work);
  }
}
