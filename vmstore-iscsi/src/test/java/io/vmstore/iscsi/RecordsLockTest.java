package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordsLockTest {
  @TempDir Path folder;

  private Path lock;

  @BeforeEach
  void lockAsIscsiadmDoes() throws IOException {
    Path file = Files.createFile(folder.resolve("lock"));
    lock = Files.createLink(folder.resolve("lock.write"), file);
  }

  @Test
  void aLockThatNobodyCanBeHoldingShouldBeRemoved() {
    lock(60, taken -> false).removeAbandoned();
    assertThat(lock).doesNotExist();
    lock(60, taken -> false).removeAbandoned(); // and none is none
  }

  @Test
  void aLockThatSomebodyMayHoldShouldBeLeft() {
    lock(60, taken -> true).removeAbandoned();
    assertThat(lock).exists();
  }

  @Test
  void aLockThatWasTakenJustNowShouldBeLeft() {
    lock(20, taken -> false).removeAbandoned();
    assertThat(lock).exists();
  }

  @Test
  void anIscsiadmThatRanBeforeShouldBeSeenAndOneThatCameLaterShouldNot() throws Exception {
    Path program = Files.copy(Path.of("/bin/sleep"), folder.resolve("iscsiadm"));
    Instant now = Instant.now();
    Process iscsiadm = new ProcessBuilder(program.toString(), "60").start();
    try {
      assertThat(RecordsLock.ranBefore(now.plusSeconds(1))).isTrue();
      assertThat(RecordsLock.ranBefore(now.minusSeconds(60))).isFalse();
    } finally {
      iscsiadm.destroyForcibly().waitFor();
    }
  }

  private RecordsLock lock(int secondsLater, Predicate<Instant> heldSince) {
    return new RecordsLock(folder, () -> Instant.now().plusSeconds(secondsLater), heldSince);
  }
}
