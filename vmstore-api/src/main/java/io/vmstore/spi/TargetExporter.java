package io.vmstore.spi;

import io.vmstore.model.ChapMode;
import io.vmstore.model.Deadline;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.List;

/**
 * Exports volumes over iSCSI, each as LUN 0 of a target of its own that admits one initiator.
 *
 * <p>The target's name carries the volume's id, so a name used again never shows an older volume's
 * data, and the number of the mapping, so an initiator that was shut out can never resume an old
 * session, with what it still holds in its queues, at a later mapping. An export is derived state:
 * it need not survive a restart of the machine, because the role makes it again from its records.
 *
 * <p>Implementations must pass {@code TargetExporterContract} of vmstore-testkit. Rules for all
 * ports: see the package.
 */
public interface TargetExporter extends AutoCloseable {
  /**
   * {@return where the volume is, or would be, exported for a mapping} The answer depends on the
   * arguments and the configuration only, so that it is known before the effect.
   */
  Target targetOf(ZvolName zvol, VolumeId id, long generation);

  /**
   * {@return what a login to a new mapping's export shall have to prove} The role makes the
   * secrets, and keeps them. An exporter that cannot ask for any says {@link ChapMode#NONE}.
   */
  default ChapMode chap() {
    return ChapMode.NONE;
  }

  /**
   * Exports the volume to exactly one initiator. The same export again has no further effect; a
   * half-made one of the same volume is completed. An export that asks for other secrets, or for
   * none, asks for the given ones from now on, and sessions stay; without any given it stays as it
   * is.
   *
   * <p>Nobody can log in before everything, the access list included, is in place. After a failure
   * without {@code outcomeUnknown()} nothing of the export remains.
   *
   * @param zvol the volume, whose device must exist
   * @param id its identity, which becomes the unit serial number
   * @param generation the number of the mapping
   * @param admitted the only initiator admitted; when it returns, a login that does not prove to
   *     know the secrets is refused
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>FAILED_PRECONDITION: the volume is exported to another initiator or for another
   *           mapping, its device is held by something else, or the target of that name shows
   *           another volume
   *       <li>UNIMPLEMENTED: there are secrets, and this exporter cannot ask for any
   *       <li>UNAVAILABLE: the kernel has no iSCSI target support, or a portal's address is not on
   *           this machine
   *       <li>RESOURCE_EXHAUSTED: the kernel refuses more targets
   *     </ul>
   */
  Export export(Zvol zvol, VolumeId id, long generation, Admission admitted, Deadline deadline);

  /**
   * Ends the volume's export and releases its device. No export is success; a half-made or
   * half-ended one is ended.
   *
   * <p>When it returns, no session of the target exists and none can be made. After a failure the
   * export may be partly gone, never more open than before; calling again goes on.
   *
   * @throws io.vmstore.error.VmStoreException FAILED_PRECONDITION: an initiator is logged in and
   *     {@code sessions} is {@link OpenSessions#REFUSE}; nothing was changed
   */
  void unexport(VolumeId id, OpenSessions sessions, Deadline deadline);

  /**
   * {@return the exports that vmstore made, complete or not, ordered by target; targets of others
   * are not shown}
   */
  List<Export> list(Deadline deadline);

  @Override
  void close();

  /** What {@link #unexport} does when an initiator is still logged in. */
  enum OpenSessions {
    /** Refuse: data the initiator has not flushed would be lost. */
    REFUSE,
    /** End the session and see it gone: the initiator is fenced off. */
    END
  }
}
