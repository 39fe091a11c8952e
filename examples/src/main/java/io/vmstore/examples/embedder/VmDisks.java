package io.vmstore.examples.embedder;

import io.vmstore.CallOptions;
import io.vmstore.MapZvol;
import io.vmstore.NasService;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.DevicePath;
import io.vmstore.model.Mapping;
import io.vmstore.model.NodeName;
import io.vmstore.model.OperationId;
import io.vmstore.model.PoolName;
import io.vmstore.model.ZvolName;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * The disks of a virtual machine manager: one volume for each machine, on the host that runs it.
 *
 * <p>Calls block until the answer; run them where the manager runs its other slow work. Thread
 * safety: thread-safe.
 */
public final class VmDisks {
  private static final int ATTEMPTS = 3;

  private final NasService nas;
  private final PoolName pool;
  private final Duration timeout;

  /**
   * Manages the disks in a pool of a NAS.
   *
   * @param timeout how long one attempt of a call may take
   */
  public VmDisks(NasService nas, PoolName pool, Duration timeout) {
    this.nas = nas;
    this.pool = pool;
    this.timeout = timeout;
  }

  /**
   * Gives the machine's disk to a host, making it when there is none.
   *
   * @return what to write into the machine's definition; it stays right over every reboot
   * @throws VmStoreException as {@link NasService#mapZvol} says
   */
  public DevicePath attach(String vm, NodeName host, ByteSize size) {
    MapZvol request = new MapZvol(disk(vm), host, size);
    Mapping mapping = call(options -> nas.mapZvol(request, options));
    return mapping.stablePath();
  }

  /**
   * Takes the disk of a stopped machine from its host; the data stays.
   *
   * @throws DiskInUseException when the machine, or somebody else there, has it open
   * @throws VmStoreException as {@link NasService#unmapZvol} says
   */
  public void detach(String vm) {
    try {
      call(options -> nas.unmapZvol(disk(vm), options));
    } catch (VmStoreException e) {
      if (e.code() == ErrorCode.FAILED_PRECONDITION) {
        throw new DiskInUseException(vm, e);
      }
      throw e;
    }
  }

  /**
   * Moves the disk of a stopped machine to another host. Fails as {@link #detach} and {@link
   * #attach} do.
   */
  public DevicePath move(String vm, NodeName newHost, ByteSize size) {
    detach(vm);
    return attach(vm, newHost, size);
  }

  /**
   * Destroys the disk of a machine that is gone. A disk that is gone already is success.
   *
   * @throws DiskInUseException when somebody has it open
   */
  public void destroy(String vm) {
    try {
      detach(vm);
    } catch (VmStoreException e) {
      if (e.code() != ErrorCode.NOT_FOUND) {
        throw e;
      }
    }
    call(options -> nas.deleteZvol(disk(vm), options));
  }

  /**
   * Calls again while the code says that it may help. The operation's name stays the same, so an
   * answer that was lost on its way is given again, and nothing happens twice.
   */
  private <T> T call(Function<CallOptions, CompletableFuture<T>> request) {
    CallOptions options = new CallOptions(timeout, OperationId.random());
    for (int attempt = 1; ; attempt++) {
      try {
        return request.apply(options).join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof VmStoreException failure)) {
          throw e;
        }
        if (attempt == ATTEMPTS || !failure.code().retryable()) {
          throw failure;
        }
      }
    }
  }

  private ZvolName disk(String vm) {
    return new ZvolName(pool, vm + "-disk0");
  }
}
