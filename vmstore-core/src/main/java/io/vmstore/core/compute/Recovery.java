package io.vmstore.core.compute;

import io.vmstore.Finding;
import io.vmstore.Finding.Kind;
import io.vmstore.Finding.Outcome;
import io.vmstore.core.flow.Reconciler;
import io.vmstore.core.flow.Reconciler.Case;
import io.vmstore.core.flow.Turns;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.VolumeId;
import io.vmstore.spi.ConnectedDevice;
import io.vmstore.spi.Scheduler;
import io.vmstore.spi.TargetConnector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Attaches again what is on record. A target that refuses this node is tried for ever: its NAS may
 * not be up yet, and when the volume is another node's by now, the NAS says so.
 *
 * <p>Thread safety: thread-safe; each volume is settled in its turn.
 */
final class Recovery {
  private final TargetConnector connector;
  private final Scheduler scheduler;
  private final AttachmentRecords records;
  private final Turns<VolumeId> turns;
  private final Reconciler reconciler;

  Recovery(
      TargetConnector connector,
      Scheduler scheduler,
      AttachmentRecords records,
      Turns<VolumeId> turns) {
    this.connector = connector;
    this.scheduler = scheduler;
    this.records = records;
    this.turns = turns;
    this.reconciler = new Reconciler(scheduler, this::survey);
  }

  Reconciler reconciler() {
    return reconciler;
  }

  private List<Case> survey(boolean onDemand, Deadline deadline) {
    Map<String, ConnectedDevice> devices = new HashMap<>();
    connector.list(deadline).forEach(device -> devices.put(device.serial(), device));
    List<Case> cases = new ArrayList<>();
    for (AttachmentRecord record : records.all()) {
      ConnectedDevice device = devices.get(record.volume().toString());
      boolean inHand = onDemand && turns.taken(record.volume());
      if (!record.attached() || inHand) {
        continue;
      }
      if (device == null || !device.target().iqn().equals(record.target().iqn())) {
        cases.add(missing(record));
      } else if (onDemand && !device.loggedIn()) {
        cases.add(silent(record, device));
      }
    }
    if (onDemand) {
      devices.values().forEach(device -> orphan(device).ifPresent(cases::add));
    }
    return cases;
  }

  private Case missing(AttachmentRecord record) {
    return new Case(
        new Finding(
            Kind.NOT_ATTACHED,
            record.volume().toString(),
            "attach it",
            Outcome.FOUND,
            "its device from '" + record.target().iqn() + "' is not there"),
        () -> inTurn(record.volume(), () -> attachAgain(record)));
  }

  /** Its initiator logs in again by itself; whoever helped it would take the disk away. */
  private static Case silent(AttachmentRecord record, ConnectedDevice device) {
    return Case.left(
        Kind.NOT_LOGGED_IN,
        record.volume(),
        "see whether its NAS exports it and can be reached",
        "the session of '" + device.device() + "' with '" + record.target().iqn() + "' is lost");
  }

  private void attachAgain(AttachmentRecord record) {
    boolean unchanged = records.find(record.volume()).filter(record::equals).isPresent();
    if (unchanged) {
      connector.connect(record.target(), record.volume(), record.chap(), reconciler.patience());
    }
  }

  private Optional<Case> orphan(ConnectedDevice device) {
    return volume(device)
        .filter(volume -> !turns.taken(volume))
        .filter(volume -> !wanted(volume, device))
        .map(
            volume ->
                new Case(
                    new Finding(
                        Kind.ORPHAN_DEVICE,
                        device.device().value(),
                        "detach it, unless it is open",
                        Outcome.FOUND,
                        "no record asks for '" + device.target().iqn() + "'"),
                    () -> inTurn(volume, () -> drop(volume, device))));
  }

  /** It may have been attached since the survey; then it is no orphan. */
  private void drop(VolumeId volume, ConnectedDevice device) {
    if (!wanted(volume, device)) {
      connector.disconnect(device.target(), volume, reconciler.patience());
    }
  }

  private boolean wanted(VolumeId volume, ConnectedDevice device) {
    return records
        .find(volume)
        .filter(record -> record.attached() && record.target().iqn().equals(device.target().iqn()))
        .isPresent();
  }

  private static Optional<VolumeId> volume(ConnectedDevice device) {
    try {
      return Optional.of(VolumeId.parse(device.serial()));
    } catch (VmStoreException e) {
      return Optional.empty(); // not a volume of vmstore's
    }
  }

  private CompletableFuture<Void> inTurn(VolumeId volume, Runnable work) {
    return turns.whenFree(
        volume,
        "recover",
        reconciler.patience(),
        () -> CompletableFuture.runAsync(work, scheduler));
  }
}
