package io.vmstore.spi;

import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the volumes of a NAS. An implementation serves a fixed set of pools.
 *
 * <p>A volume carries its {@link VolumeId} with it (ZFS: a user property of the dataset), set in
 * the same effect that creates it, so that a crash leaves either no volume or a marked one.
 *
 * <p>Implementations must pass {@code ZvolManagerContract} of vmstore-testkit. Rules for all ports:
 * see the package.
 */
public interface ZvolManager extends AutoCloseable {
  /**
   * Makes sure that the volume exists and its device can be opened. An absent volume is created
   * with the given size, rounded up to its block size, and the given id. A volume that exists keeps
   * its size and its id; one without an id gets the given one. Calling again has no further effect.
   *
   * <p>After a failure without {@code outcomeUnknown()} no volume was created; an existing one
   * keeps its data in every case.
   *
   * @return the volume as it is
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>NOT_FOUND: the pool is not served; UNAVAILABLE: it is not imported
   *       <li>RESOURCE_EXHAUSTED: no room for the volume, or less than the floor would remain free
   *       <li>FAILED_PRECONDITION: a dataset of that name is not a volume
   *       <li>DEADLINE_EXCEEDED: it, or its device, did not appear in time
   *     </ul>
   */
  Zvol ensure(ZvolName name, VolumeId id, ByteSize size, Deadline deadline);

  /**
   * Makes a volume larger, while it may be in use: to the given size, rounded up to its own block
   * size. Room that is kept for all of it is kept for all of it afterwards. A volume that has that
   * size already is left as it is.
   *
   * <p>When it returns, whoever reads the size of the volume's device gets the new one. After a
   * failure without {@code outcomeUnknown()} the volume has the size it had.
   *
   * @param id the identity the volume must have
   * @return the volume as it is
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>NOT_FOUND: there is no such volume, or the pool is not served; UNAVAILABLE: the pool
   *           is not imported
   *       <li>FAILED_PRECONDITION: it is larger already, and never made smaller; or it is another
   *           volume than {@code id} says
   *       <li>RESOURCE_EXHAUSTED: no room for it, or less than the floor would remain free
   *       <li>DEADLINE_EXCEEDED: its device did not show the size in time
   *     </ul>
   */
  Zvol grow(ZvolName name, VolumeId id, ByteSize size, Deadline deadline);

  /**
   * {@return the volume, or empty when there certainly is none}
   *
   * @throws io.vmstore.error.VmStoreException NOT_FOUND: the pool is not served; UNAVAILABLE: it is
   *     not imported
   */
  Optional<Zvol> find(ZvolName name, Deadline deadline);

  /**
   * {@return all volumes of the served pools, ordered by name; one program, or none, however many
   * there are}
   */
  List<Zvol> list(Deadline deadline);

  /**
   * {@return the volumes whose names come after one, or from the first one on, ordered by name, up
   * to a limit} Whoever can begin in the middle does; this looks at all of them.
   */
  default List<Zvol> list(@Nullable ZvolName after, int limit, Deadline deadline) {
    return list(deadline).stream()
        .filter(zvol -> after == null || zvol.name().compareTo(after) > 0)
        .limit(limit)
        .toList();
  }

  /**
   * Destroys the volume and its data. An absent volume is success.
   *
   * <p>After a failure without {@code outcomeUnknown()} the volume is whole.
   *
   * @param id the identity the volume must have, so that a volume that took the name meanwhile is
   *     never destroyed
   * @throws io.vmstore.error.VmStoreException
   *     <ul>
   *       <li>FAILED_PRECONDITION: it is another volume than {@code id} says, has snapshots or
   *           clones, or is held by something on the NAS, which the error names
   *       <li>NOT_FOUND: the pool is not served; UNAVAILABLE: it is not imported
   *     </ul>
   */
  void delete(ZvolName name, VolumeId id, Deadline deadline);

  @Override
  void close();
}
