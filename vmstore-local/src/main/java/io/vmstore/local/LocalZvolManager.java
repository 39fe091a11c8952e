package io.vmstore.local;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.local.VolumeFolder.Identity;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Deadline;
import io.vmstore.model.DevicePath;
import io.vmstore.model.PoolName;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Zvol;
import io.vmstore.spi.ZvolManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Volumes as sparse files. Thread-safe. */
final class LocalZvolManager implements ZvolManager {
  /** A multiple of every sector size a loop device can have. */
  private static final ByteSize BLOCK = new ByteSize(4096);

  private static final String UNFINISHED = ".new-";
  private static final String REMOVED = ".gone-";

  private final LocalConfig config;
  private final Layout layout;
  private final Grants grants;
  private final Holders holders;
  private final PortCalls calls;

  LocalZvolManager(LocalConfig config, LocalStorage.Parts parts) {
    this.config = config;
    this.layout = parts.layout();
    this.grants = parts.grants();
    this.holders = parts.holders();
    this.calls = parts.calls("zvol manager");
  }

  /**
   * Makes the pool's folder, and removes what a crash left unfinished: volumes are made under the
   * pool's lock, so one that is half-made while the lock is had has lost its maker.
   */
  void prepare(PoolName pool, Deadline deadline) {
    calls.alone(
        pool,
        "cannot prepare pool '" + pool + "'",
        deadline,
        () -> {
          Path folder = Files.createDirectories(layout.pool(pool));
          DurableFiles.force(folder.resolveSibling(""));
          for (String name : Layout.names(folder, name -> name)) {
            if (name.startsWith(UNFINISHED) || name.startsWith(REMOVED)) {
              new VolumeFolder(folder.resolve(name)).remove();
            }
          }
        });
  }

  @Override
  public Zvol ensure(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    String problem = "cannot make sure of zvol '" + name + "'";
    return calls.alone(name.pool(), problem, deadline, () -> ensure(name, id, size, problem));
  }

  private Zvol ensure(ZvolName name, VolumeId id, ByteSize size, String problem)
      throws IOException {
    requirePool(name.pool(), problem);
    VolumeFolder folder = layout.volume(name);
    if (folder.size().isPresent()) {
      if (folder.identity().isEmpty()) {
        folder.mark(new Identity(id, false));
      }
    } else {
      requireFree(folder, problem);
      create(name, new Identity(id, true), size.roundedUpTo(BLOCK));
    }
    return read(name)
        .orElseThrow(() -> new IOException("'" + folder.path() + "' went away meanwhile"));
  }

  private static void requireFree(VolumeFolder folder, String problem) {
    if (folder.isTaken()) {
      throw VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
          .reason("'" + folder.path() + "' is something else than a volume's folder")
          .correction("choose another name, or move it away")
          .build();
    }
  }

  private void create(ZvolName name, Identity identity, ByteSize size) throws IOException {
    requireRoom(name.pool(), size.bytes(), "cannot create zvol '" + name + "' of " + size);
    VolumeFolder folder = layout.volume(name);
    VolumeFolder unfinished = folder.sibling(UNFINISHED + name.name());
    unfinished.remove(); // an earlier failure may have left it
    try {
      unfinished.create(identity, size);
      DurableFiles.rename(unfinished.path(), folder.path());
    } catch (IOException e) {
      unfinished.remove();
      throw e;
    }
  }

  private void requireRoom(PoolName pool, long bytes, String problem) throws IOException {
    long capacity = capacity(pool);
    long used = 0;
    for (Zvol zvol : volumes(pool)) {
      used += zvol.size().bytes();
    }
    if (bytes > capacity - used) {
      throw VmStoreException.builder(ErrorCode.RESOURCE_EXHAUSTED, problem)
          .reason("pool '" + pool + "' may hold " + capacity + " bytes and holds " + used)
          .correction("delete volumes, or give the pool a larger capacity")
          .build();
    }
  }

  private long capacity(PoolName pool) throws IOException {
    ByteSize configured = config.capacities().get(pool);
    return configured == null
        ? Files.getFileStore(layout.pool(pool)).getTotalSpace()
        : configured.bytes();
  }

  @Override
  public Zvol grow(ZvolName name, VolumeId id, ByteSize size, Deadline deadline) {
    String problem = "cannot grow zvol '" + name + "' to " + size;
    return calls.alone(
        name.pool(),
        problem,
        deadline,
        () -> {
          requirePool(name.pool(), problem);
          VolumeFolder folder = layout.volume(name);
          ByteSize before = folder.size().orElseThrow(() -> absent(problem));
          requireSame(folder, id, problem);
          grow(name, before, size.roundedUpTo(BLOCK), problem);
          return read(name)
              .orElseThrow(() -> new IOException("'" + folder.path() + "' went away meanwhile"));
        });
  }

  private void grow(ZvolName name, ByteSize before, ByteSize wanted, String problem)
      throws IOException {
    long more = wanted.bytes() - before.bytes();
    if (more < 0) {
      throw VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
          .reason("it has " + before + ", and a volume is never made smaller")
          .correction("give a size of at least " + before)
          .build();
    }
    if (more > 0) {
      requireRoom(name.pool(), more, problem);
      layout.volume(name).resize(wanted);
    }
  }

  private static VmStoreException absent(String problem) {
    return VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
        .reason("there is no such zvol")
        .correction("see the names with a list")
        .build();
  }

  @Override
  public Optional<Zvol> find(ZvolName name, Deadline deadline) {
    String problem = "cannot look for zvol '" + name + "'";
    return calls.read(
        problem,
        deadline,
        () -> {
          requirePool(name.pool(), problem);
          return read(name);
        });
  }

  @Override
  public List<Zvol> list(Deadline deadline) {
    return calls.read(
        "cannot list zvols",
        deadline,
        () -> {
          List<Zvol> zvols = new ArrayList<>();
          for (PoolName pool : config.pools()) {
            zvols.addAll(volumes(pool));
          }
          zvols.sort(Comparator.comparing(zvol -> zvol.name().toString()));
          return List.copyOf(zvols);
        });
  }

  private List<Zvol> volumes(PoolName pool) throws IOException {
    List<Zvol> zvols = new ArrayList<>();
    for (ZvolName name : Layout.names(layout.pool(pool), name -> new ZvolName(pool, name))) {
      read(name).ifPresent(zvols::add);
    }
    return zvols;
  }

  private Optional<Zvol> read(ZvolName name) throws IOException {
    VolumeFolder folder = layout.volume(name);
    Optional<Identity> identity = folder.identity();
    return folder
        .size()
        .map(
            size ->
                new Zvol(
                    name,
                    identity.map(Identity::id).orElse(null),
                    identity.map(Identity::created).orElse(false),
                    size,
                    DevicePath.of(folder.data())));
  }

  @Override
  public void delete(ZvolName name, VolumeId id, Deadline deadline) {
    String problem = "cannot destroy zvol '" + name + "'";
    calls.alone(
        id,
        problem,
        deadline,
        () -> {
          requirePool(name.pool(), problem);
          VolumeFolder folder = layout.volume(name);
          VolumeFolder removed = folder.sibling(REMOVED + id);
          if (folder.isTaken()) {
            requireDeletable(name, id, problem);
            DurableFiles.rename(folder.path(), removed.path()); // what comes after can be repeated
          }
          removed.remove();
        });
  }

  private void requireDeletable(ZvolName name, VolumeId id, String problem) throws IOException {
    VolumeFolder folder = layout.volume(name);
    requireSame(folder, id, problem);
    grants.requireNone(name, problem);
    holders.requireNone(folder.data(), problem);
  }

  private static void requireSame(VolumeFolder folder, VolumeId id, String problem)
      throws IOException {
    if (!folder.is(id)) {
      throw VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, problem)
          .reason(
              folder
                  .identity()
                  .map(other -> "it is volume '" + other.id() + "', not '" + id + "'")
                  .orElse("vmstore has never had it in hand"))
          .correction("list the volumes and name the one that is meant")
          .build();
    }
  }

  private void requirePool(PoolName pool, String problem) {
    if (!config.pools().contains(pool) || !Files.isDirectory(layout.pool(pool))) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, problem)
          .reason("pool '" + pool + "' is not served here")
          .correction("name one of " + config.pools())
          .build();
    }
  }

  @Override
  public void close() {
    calls.close();
  }
}
