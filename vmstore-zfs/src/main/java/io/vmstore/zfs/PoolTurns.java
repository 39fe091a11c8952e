package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Deadline;
import io.vmstore.model.PoolName;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A few programs of one kind at a time for each pool, first come first served. More of them at once
 * are no faster, since they are work for a processor and then wait for one transaction group of the
 * pool; but each would take as long as all, so the first volume of many would be there when the
 * last one is, or none in time. A pool that hangs keeps back its own volumes only.
 *
 * <p>Thread safety: thread-safe.
 */
final class PoolTurns {
  private static final int LEAST = 4;
  private static final int PER_PROCESSOR = 2;

  private final int atOnce;
  private final Map<PoolName, Semaphore> pools = new ConcurrentHashMap<>();

  PoolTurns() {
    this(Math.max(LEAST, PER_PROCESSOR * Runtime.getRuntime().availableProcessors()));
  }

  /** For tests. */
  PoolTurns(int atOnce) {
    this.atOnce = atOnce;
  }

  /**
   * Runs the program when its turn has come.
   *
   * @throws VmStoreException DEADLINE_EXCEEDED, CANCELLED: before its turn came, so it was not run;
   *     and what the program throws
   */
  <T> T await(PoolName pool, String problem, Deadline deadline, Supplier<T> program) {
    Semaphore turns = pools.computeIfAbsent(pool, name -> new Semaphore(atOnce, true));
    try {
      if (!turns.tryAcquire(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
        throw VmStoreException.builder(ErrorCode.DEADLINE_EXCEEDED, problem)
            .reason(
                "pool '" + pool + "' is changed by " + atOnce + " at a time, and others came first")
            .correction("give the operation more time, or begin fewer at once")
            .build();
      }
    } catch (InterruptedException e) {
      throw ZfsZvolManager.interrupted(problem, false, e);
    }
    try {
      return program.get();
    } finally {
      turns.release();
    }
  }
}
