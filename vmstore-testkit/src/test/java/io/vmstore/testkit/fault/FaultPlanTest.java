package io.vmstore.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.StateStore;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class FaultPlanTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final FaultPlan faults = new FaultPlan();
  private final StateStore real = new MemoryStateStore();
  private final StateStore store = faults.wrap(real);

  private VmStoreException failureOfWrite(String key) {
    return catchThrowableOfType(VmStoreException.class, () -> store.write(key, new byte[0]));
  }

  @Test
  void withoutAFaultThePortShouldBeItself() {
    store.write("a", new byte[] {1});
    assertThat(store.readAll()).containsOnlyKeys("a");
    store.remove("a");
    assertThat(real.readAll()).isEmpty();
    assertThat(faults.calls())
        .containsExactly(PortCall.STATE_WRITE, PortCall.STATE_READ_ALL, PortCall.STATE_REMOVE);
  }

  @Test
  void aFaultBeforeTheCallShouldPreventItOnce() {
    faults.before(PortCall.STATE_WRITE).fail(ErrorCode.UNAVAILABLE);
    VmStoreException failure = failureOfWrite("a");
    assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(failure.outcomeUnknown()).isFalse();
    assertThat(real.readAll()).isEmpty();
    store.write("b", new byte[0]);
    assertThat(real.readAll()).containsOnlyKeys("b");
  }

  @Test
  void aFaultAfterTheCallShouldHideThatItHappened() {
    faults.after(PortCall.STATE_WRITE).fail(ErrorCode.UNAVAILABLE);
    assertThat(failureOfWrite("a").outcomeUnknown()).isTrue();
    assertThat(real.readAll()).containsOnlyKeys("a");
  }

  @Test
  void aFaultShouldStrikeTheCallOfItsNumber() {
    faults.before(PortCall.STATE_WRITE, 2).fail(ErrorCode.UNAVAILABLE);
    store.write("a", new byte[0]);
    store.remove("another-call-does-not-count");
    assertThat(failureOfWrite("b").code()).isEqualTo(ErrorCode.UNAVAILABLE);
    store.write("c", new byte[0]);
    assertThat(real.readAll()).containsOnlyKeys("a", "c");
  }

  @Test
  void aCallThatHangsShouldHoldUpNoOtherAndGoOnWhenReleased() {
    Gate gate = faults.before(PortCall.STATE_WRITE).block();
    CompletableFuture<Void> hanging =
        CompletableFuture.runAsync(() -> store.write("a", new byte[0]));
    gate.awaitReached(PATIENCE);
    store.write("b", new byte[0]);
    assertThat(real.readAll()).containsOnlyKeys("b");
    gate.release();
    assertThat(hanging).succeedsWithin(PATIENCE);
    assertThat(real.readAll()).containsOnlyKeys("a", "b");
  }

  @Test
  void nothingShouldHaveAnEffectAfterACrash() {
    faults.after(PortCall.STATE_WRITE).crash();
    assertThatExceptionOfType(SimulatedCrash.class).isThrownBy(() -> store.write("a", new byte[0]));
    assertThatExceptionOfType(SimulatedCrash.class).isThrownBy(() -> store.remove("a"));
    assertThat(real.readAll()).containsOnlyKeys("a");
    faults.clear();
    store.remove("a");
    assertThat(real.readAll()).isEmpty();
  }
}
