package io.vmstore.iscsi;

import static io.vmstore.iscsi.Failures.assertFails;
import static io.vmstore.iscsi.Failures.shortly;
import static io.vmstore.iscsi.Failures.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmstore.error.ErrorCode;
import io.vmstore.managed.TargetName;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetLocksTest {
  private static final TargetName TARGET = new TargetName("iqn.2009-01.com.array:1");

  @TempDir Path directory;

  private Attempt attempt() {
    return Attempt.of("cannot connect volume 'vol1'", soon());
  }

  /** The second connector stands for another process: it knows of the first by the file alone. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void takeShouldWaitUntilTheOtherLetsGo(boolean sameConnector) {
    TargetLocks locks = new TargetLocks(directory);
    TargetLocks others = sameConnector ? locks : new TargetLocks(directory);
    TargetLocks.Held held = locks.take(TARGET, attempt());
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(() -> others.take(TARGET, attempt()).close());
    assertThat(waiting).isNotDone();
    held.close();
    await().until(waiting::isDone);
    waiting.join();
  }

  @Test
  void takeShouldFailWithBusyWhenTheOtherDoesNotLetGo() {
    TargetLocks.Held held = new TargetLocks(directory).take(TARGET, attempt());
    assertFails(
        ErrorCode.BUSY,
        () -> new TargetLocks(directory).take(TARGET, Attempt.of("cannot connect", shortly())));
    held.close();
    new TargetLocks(directory).take(TARGET, attempt()).close();
  }

  @Test
  void takeShouldNotWaitForAnotherTarget() {
    TargetLocks locks = new TargetLocks(directory);
    TargetLocks.Held held = locks.take(TARGET, attempt());
    locks.take(new TargetName(TARGET + "0"), attempt()).close();
    held.close();
  }

  @Test
  void takeShouldFailWithUnavailableWhereNoFileCanBeMade() {
    TargetLocks locks = new TargetLocks(Path.of("/proc/self/locks"));
    assertFails(ErrorCode.UNAVAILABLE, () -> locks.take(TARGET, attempt()));
  }
}
