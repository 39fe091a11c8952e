package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A small file system in each pool, {@code POOL/.vmstore}, for records that go where the pool goes.
 * It is made when it is not there, with space reserved, so that a full pool can still be recorded
 * in, and {@code sync=standard}, so that what was forced to the disk is there. {@code zpool export}
 * unmounts it, unless its files are open.
 *
 * <p>The property {@code io.vmstore:state-of}, set on the dataset itself, names the pool's root
 * dataset by its guid: the records in a copy of a pool, as {@code zfs send} makes it, are of
 * volumes that are somewhere else, and are refused.
 *
 * <p>Thread safety: thread-safe.
 */
public final class StateDatasets {
  /** Some hundred thousand records; a NAS with more still records as long as the pool has space. */
  static final long RESERVED_BYTES = 64L << 20;

  /** A name that no zvol of vmstore's can have. */
  private static final String NAME = ".vmstore";

  private final ZfsPrograms programs;
  private final CommandRunner runner;
  private final Path root;
  private final Mounted mounted;

  /** Says what is mounted where. */
  @FunctionalInterface
  interface Mounted {
    /** {@return the name of the file system a folder is in} */
    String at(Path folder) throws IOException;
  }

  /**
   * For the pools of this machine.
   *
   * @param runner runs {@code zfs}, {@code mount} and {@code umount}
   * @param root the folder under which each pool's file system is mounted, by the pool's name
   */
  public StateDatasets(ZfsConfig config, CommandRunner runner, Path root) {
    this(config, runner, root, folder -> Files.getFileStore(folder).name());
  }

  /** For tests. */
  StateDatasets(ZfsConfig config, CommandRunner runner, Path root, Mounted mounted) {
    this.programs = new ZfsPrograms(runner, config);
    this.runner = runner;
    this.root = root;
    this.mounted = mounted;
  }

  /**
   * {@return the folder where the pool's file system is mounted} It is made and mounted when it is
   * not; the same again is the same answer.
   *
   * @throws VmStoreException
   *     <ul>
   *       <li>UNAVAILABLE: the pool is not imported, or it cannot be mounted
   *       <li>FAILED_PRECONDITION: the records in it are those of another pool
   *     </ul>
   */
  public Path mounted(PoolName pool, Deadline deadline) {
    String dataset = dataset(pool);
    ZfsPrograms.Look seen = programs.lookAtState(pool, dataset, deadline);
    String guid = seen.pool().value(ZfsPrograms.GUID);
    if (seen.dataset() != null) {
      requireOf(guid, seen.dataset());
    } else {
      programs.createState(dataset, guid, deadline);
    }
    return mounted(dataset, root.resolve(pool.value()), deadline);
  }

  private static void requireOf(String guid, Dataset dataset) {
    String of = dataset.local().getOrDefault(ZfsPrograms.STATE_OF, "");
    if (!of.equals(guid)) {
      throw VmStoreException.builder(
              ErrorCode.FAILED_PRECONDITION, "cannot use the records in '" + dataset.name() + "'")
          .reason(
              "they are of the pool '"
                  + of
                  + "', and this one is '"
                  + guid
                  + "': it is a copy, whose volumes may be in use where it was made")
          .correction(
              "when the first pool will never be used again: zfs set "
                  + ZfsPrograms.STATE_OF
                  + "="
                  + guid
                  + " "
                  + dataset.name())
          .build();
    }
  }

  private Path mounted(String dataset, Path folder, Deadline deadline) {
    String problem = "cannot mount '" + dataset + "' at '" + folder + "'";
    try {
      Files.createDirectories(folder);
      if (mounted.at(folder).equals(dataset)) {
        return folder;
      }
      CommandResult result =
          runner.run(Command.of("mount", "-t", "zfs", dataset, folder.toString()), deadline);
      if (result.succeeded() && mounted.at(folder).equals(dataset)) {
        return folder;
      }
      throw failed(problem, result);
    } catch (IOException e) {
      throw unmounted(problem, e.toString());
    }
  }

  /**
   * Unmounts the pool's file system; one that is not mounted is left so.
   *
   * @throws VmStoreException UNAVAILABLE: something in it is open
   */
  public void unmount(PoolName pool, Deadline deadline) {
    Path folder = root.resolve(pool.value());
    String problem = "cannot unmount '" + folder + "'";
    try {
      if (!mounted.at(folder).equals(dataset(pool))) {
        return;
      }
      CommandResult result = runner.run(Command.of("umount", folder.toString()), deadline);
      if (!result.succeeded()) {
        throw failed(problem, result);
      }
    } catch (IOException e) {
      throw unmounted(problem, e.toString());
    }
  }

  /** {@return the name of the file system in a pool} */
  static String dataset(PoolName pool) {
    return pool + "/" + NAME;
  }

  private static VmStoreException failed(String problem, CommandResult result) {
    return unmounted(problem, "'" + result.command() + "' said: " + result.errors().strip());
  }

  private static VmStoreException unmounted(String problem, String reason) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, problem)
        .reason(reason)
        .correction("try it by hand; 'fuser -m' names who has a file of it open")
        .build();
  }
}
