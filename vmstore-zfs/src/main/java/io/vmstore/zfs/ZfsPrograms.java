package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import io.vmstore.exec.CommandRunner;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The {@code zfs} commands vmstore uses, one method each; zfs(8) of OpenZFS 2.1. */
final class ZfsPrograms {
  static final String ID = "io.vmstore:id";
  static final String ORIGIN = "io.vmstore:origin";
  static final String CREATED = "created";
  static final String ADOPTED = "adopted";
  static final String VOLMODE = "volmode";
  static final String DEVICE_ONLY = "dev";
  static final String SYNC = "sync";
  static final String STATE_OF = "io.vmstore:state-of";
  static final String GUID = "guid";

  private static final String ALWAYS = SYNC + "=always";
  private static final String LISTED = "volsize," + VOLMODE + "," + ID + "," + ORIGIN;
  private static final String OF_VOLUMES = "type," + SYNC + "," + LISTED;
  private static final String OF_POOLS = "available,used";

  /**
   * A pool and one dataset in it.
   *
   * @param pool the pool's own dataset
   * @param dataset the dataset of the name asked for; null when there certainly is none
   */
  record Look(Dataset pool, @Nullable Dataset dataset) {
    Optional<Dataset> found() {
      return Optional.ofNullable(dataset);
    }
  }

  private final CommandRunner runner;
  private final ZfsConfig config;

  /** Apart, so that what undoes a volume does not wait for those that are yet to be made. */
  private final PoolTurns creating = new PoolTurns();

  private final PoolTurns destroying = new PoolTurns();

  ZfsPrograms(CommandRunner runner, ZfsConfig config) {
    this.runner = runner;
    this.config = config;
  }

  Look look(ZvolName name, Deadline deadline) {
    Command get =
        get(
            List.of("-t", "filesystem,volume"),
            OF_VOLUMES + "," + OF_POOLS,
            List.of(name.pool().value(), name.toString()));
    return look(get, name.pool(), name.toString(), "cannot look at zvol '" + name + "'", deadline);
  }

  Look lookAtState(PoolName pool, String dataset, Deadline deadline) {
    Command get =
        get(List.of("-t", "filesystem"), GUID + "," + STATE_OF, List.of(pool.value(), dataset));
    return look(get, pool, dataset, "cannot look at the records in '" + dataset + "'", deadline);
  }

  /** One program for both: it answers for what exists and fails for what does not. */
  private Look look(
      Command get, PoolName poolName, String name, String problem, Deadline deadline) {
    String pool = poolName.value();
    CommandResult result = runner.run(get, deadline);
    Map<String, Dataset> found = Dataset.parse(result);
    List<ZfsFailure> failures =
        ZfsFailure.of(result).stream().filter(failure -> !failure.saysAbsent(name)).toList();
    if (failures.stream().anyMatch(failure -> failure.saysAbsent(pool))) {
      throw notImported(pool);
    }
    boolean onlyAbsent = failures.isEmpty() && !result.errors().isEmpty();
    Dataset poolFound = found.get(pool);
    Dataset datasetFound = found.get(name);
    boolean answered =
        result.succeeded() ? datasetFound != null : onlyAbsent && datasetFound == null;
    if (poolFound == null || !answered) {
      throw failure(result, problem, failures, false);
    }
    return new Look(poolFound, datasetFound);
  }

  /** {@return the block size of a volume, and what is kept for it} */
  Dataset layout(ZvolName name, Deadline deadline) {
    Command get =
        get(List.of("-t", "volume"), "volblocksize,refreservation", List.of(name.toString()));
    CommandResult result = runner.run(get, deadline);
    Dataset found = Dataset.parse(result).get(name.toString());
    if (!result.succeeded() || found == null) {
      throw failure(result, "cannot look at zvol '" + name + "'", ZfsFailure.of(result), false);
    }
    return found;
  }

  /** {@return the volumes directly in the served pools} */
  Collection<Dataset> list(Deadline deadline) {
    List<String> pools = config.pools().stream().map(Object::toString).sorted().toList();
    CommandResult result =
        runner.run(get(List.of("-t", "volume", "-d", "1"), LISTED, pools), deadline);
    if (!result.succeeded()) {
      List<ZfsFailure> failures = ZfsFailure.of(result);
      pools.stream()
          .filter(pool -> failures.stream().anyMatch(failure -> failure.saysAbsent(pool)))
          .findFirst()
          .ifPresent(
              pool -> {
                // Without it the list would say of its volumes that they are gone.
                throw notImported(pool);
              });
      throw failure(result, "cannot list the zvols of " + pools, failures, false);
    }
    return Dataset.parse(result).values();
  }

  void create(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    List<String> arguments = new ArrayList<>(List.of("zfs", "create"));
    if (config.thin()) {
      arguments.add("-s");
    }
    arguments.addAll(List.of("-V", Long.toString(size.bytes())));
    option(arguments, "volblocksize", Long.toString(config.blockSize().bytes()));
    if (config.durableWrites()) {
      arguments.addAll(List.of("-o", ALWAYS));
    }
    option(arguments, ID, id.toString());
    option(arguments, ORIGIN, CREATED);
    arguments.add(name.toString());
    change(
        creating,
        name.pool(),
        new Command(arguments),
        "cannot create zvol '" + name + "' of " + size,
        deadline);
  }

  /** A file system that only vmstore mounts, and never runs anything from. */
  void createState(String dataset, String poolGuid, Deadline deadline) {
    List<String> arguments = new ArrayList<>(List.of("zfs", "create"));
    option(arguments, "mountpoint", "legacy");
    option(arguments, SYNC, "standard");
    option(arguments, "refreservation", (StateDatasets.RESERVED_BYTES >> 20) + "M");
    for (String property : List.of("atime", "exec", "setuid", "devices")) {
      option(arguments, property, "off");
    }
    option(arguments, STATE_OF, poolGuid);
    arguments.add(dataset);
    change(new Command(arguments), "cannot make '" + dataset + "' for the records", deadline);
  }

  /** Marks a volume that vmstore did not create; both properties in one transaction. */
  void adopt(ZvolName name, VolumeId id, Deadline deadline) {
    change(
        Command.of("zfs", "set", ID + "=" + id, ORIGIN + "=" + ADOPTED, name.toString()),
        "cannot mark zvol '" + name + "' as '" + id + "'",
        deadline);
  }

  /** No write is acknowledged before it is on the disk. */
  void makeWritesDurable(ZvolName name, Deadline deadline) {
    change(
        Command.of("zfs", "set", ALWAYS, name.toString()),
        "cannot make the writes of zvol '" + name + "' durable",
        deadline);
  }

  /**
   * Makes a volume larger. The command makes the reservation of a thick one follow, and takes the
   * size back when there is no room for that (lib/libzfs/libzfs_dataset.c, zfs_prop_set_list and
   * zfs_add_synthetic_resv). When it returns, the device has the size
   * (module/os/linux/zfs/zvol_os.c, zvol_os_update_disk_size).
   */
  void grow(ZvolName name, ByteSize size, Deadline deadline) {
    change(
        Command.of("zfs", "set", "volsize=" + size.bytes(), name.toString()),
        "cannot grow zvol '" + name + "' to " + size,
        deadline);
  }

  /** No partitions of a guest's disk as devices of the NAS, for LVM and others to find. */
  void hidePartitions(List<ZvolName> names, Deadline deadline) {
    List<String> arguments = new ArrayList<>(List.of("zfs", "set", VOLMODE + "=" + DEVICE_ONLY));
    names.forEach(name -> arguments.add(name.toString()));
    change(new Command(arguments), "cannot hide the partitions of zvols " + names, deadline);
  }

  void destroy(ZvolName name, Deadline deadline) {
    change(
        destroying,
        name.pool(),
        Command.of("zfs", "destroy", name.toString()),
        "cannot destroy zvol '" + name + "'",
        deadline);
  }

  private static Command get(List<String> options, String properties, List<String> datasets) {
    List<String> arguments =
        new ArrayList<>(List.of("zfs", "get", "-H", "-p", "-o", "name,property,value,source"));
    arguments.addAll(options);
    arguments.add(properties);
    arguments.addAll(datasets);
    return new Command(arguments);
  }

  private static void option(List<String> arguments, String property, String value) {
    arguments.add("-o");
    arguments.add(property + "=" + value);
  }

  private void change(
      PoolTurns turns, PoolName pool, Command command, String problem, Deadline deadline) {
    require(turns.await(pool, problem, deadline, () -> runner.run(command, deadline)), problem);
  }

  private void change(Command command, String problem, Deadline deadline) {
    require(runner.run(command, deadline), problem);
  }

  private static void require(CommandResult result, String problem) {
    if (!result.succeeded()) {
      throw failure(result, problem, ZfsFailure.of(result), true);
    }
  }

  private static VmStoreException failure(
      CommandResult result, String problem, List<ZfsFailure> failures, boolean changes) {
    ZfsFailure first =
        failures.stream()
            .filter(failure -> failure.known() && failure.concerns(result.command()))
            .findFirst()
            .orElseGet(() -> ZfsFailure.unknown(result));
    return VmStoreException.builder(first.code(), problem)
        .reason("'" + result.command() + "' ended with " + result.exitCode() + ": " + first.line())
        .correction(first.correction())
        .detail("exit-code", Integer.toString(result.exitCode()))
        .outcomeUnknown(changes && !first.known())
        .build();
  }

  private static VmStoreException notImported(String pool) {
    return VmStoreException.builder(ErrorCode.UNAVAILABLE, "cannot use pool '" + pool + "'")
        .reason("it is not imported")
        .correction("see 'zpool import', then 'zpool import " + pool + "'")
        .build();
  }
}
