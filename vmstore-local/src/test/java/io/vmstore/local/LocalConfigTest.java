package io.vmstore.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.VmStoreException;
import io.vmstore.local.LocalConfig.LoopDevices;
import io.vmstore.model.ByteSize;
import io.vmstore.model.PoolName;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LocalConfigTest {
  private static final PoolName TANK = new PoolName("tank");

  @Test
  void inShouldHaveTheDefaults() {
    assertThat(LocalConfig.in(Path.of("/var/lib/x"), TANK))
        .isEqualTo(
            new LocalConfig(Path.of("/var/lib/x"), Set.of(TANK), Map.of(), LoopDevices.AUTO));
  }

  @Test
  void withShouldChangeOnePartEach() {
    LocalConfig config =
        LocalConfig.in(Path.of("/x"), TANK)
            .withCapacity(TANK, ByteSize.gibibytes(1))
            .withLoopDevices(LoopDevices.ALWAYS);
    assertThat(config)
        .isEqualTo(
            new LocalConfig(
                Path.of("/x"),
                Set.of(TANK),
                Map.of(TANK, ByteSize.gibibytes(1)),
                LoopDevices.ALWAYS));
  }

  @Test
  void directoryShouldBecomeAbsoluteWithoutDots() {
    assertThat(LocalConfig.in(Path.of("/a/../b/./c")).directory()).isEqualTo(Path.of("/b/c"));
    assertThat(LocalConfig.in(Path.of("c")).directory()).isAbsolute();
  }

  @Test
  void directoryThatCannotBeADevicePathShouldBeRefused() {
    assertThatThrownBy(() -> LocalConfig.in(Path.of("/gr\u00fcn")))
        .isInstanceOf(VmStoreException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }

  @Test
  void capacityOfAPoolThatIsNotServedShouldBeRefused() {
    assertThatThrownBy(
            () -> LocalConfig.in(Path.of("/x")).withCapacity(TANK, ByteSize.gibibytes(1)))
        .isInstanceOf(VmStoreException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }
}
