package io.vmstore.examples.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.VmStoreException;
import io.vmstore.spi.StateStore;
import io.vmstore.testkit.memory.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashPointsTest {
  private static final byte[] VALUE = {1};

  @TempDir Path folder;
  private final StateStore kept = new MemoryStateStore();
  private final List<String> log = new ArrayList<>();
  private Path file;
  private StateStore store;

  @BeforeEach
  void wrap() {
    file = folder.resolve("crash");
    store =
        new CrashPoints(
                file,
                log::add,
                () -> {
                  throw new Crash();
                })
            .around(kept, StateStore.class, "store");
  }

  @Test
  void portShouldBeLeftAloneWhenThePropertyIsNotSet() {
    assertThat(CrashPoints.in(kept, StateStore.class, "store")).isSameAs(kept);
  }

  @Test
  void recordShouldNameThePointsOfEachMethodInOrder() throws IOException {
    Files.writeString(file, "record\n");
    store.write("a", VALUE);
    store.remove("a");
    store.write("a", VALUE);
    assertThat(log)
        .containsExactly(
            "crash point: store.write:before:1",
            "crash point: store.write:after:1",
            "crash point: store.remove:before:1",
            "crash point: store.remove:after:1",
            "crash point: store.write:before:2",
            "crash point: store.write:after:2");
  }

  @Test
  void crashBeforeACallShouldComeBeforeItsEffect() throws IOException {
    Files.writeString(file, "store.write:before:2");
    store.write("a", VALUE);
    assertThatThrownBy(() -> store.write("b", VALUE)).isInstanceOf(Crash.class);
    assertThat(kept.readAll()).containsOnlyKeys("a");
  }

  @Test
  void crashAfterACallShouldComeAfterItsEffectAndOnlyOnce() throws IOException {
    Files.writeString(file, "store.write:after:1");
    assertThatThrownBy(() -> store.write("a", VALUE)).isInstanceOf(Crash.class);
    assertThat(kept.readAll()).containsOnlyKeys("a");
    assertThat(file).doesNotExist();
    store.write("b", VALUE);
  }

  @Test
  void callsShouldBeCountedFromWhenTheFileWasWritten() throws IOException {
    Files.writeString(file, "record");
    store.write("a", VALUE);
    Files.writeString(file, "store.write:before:1");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1)); // whatever a clock tick is here
    assertThatThrownBy(() -> store.write("b", VALUE)).isInstanceOf(Crash.class);
  }

  @Test
  void failureOfThePortShouldComeThroughAsItIs() throws IOException {
    Files.writeString(file, "record");
    kept.close();
    assertThatThrownBy(() -> store.write("a", VALUE)).isInstanceOf(VmStoreException.class);
    assertThat(log).hasSize(2);
  }

  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1;
  }
}
