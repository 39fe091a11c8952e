package io.vmstore.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vmstore.model.ByteSize;
import io.vmstore.model.PoolName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ZfsConfigTest {
  private static final Set<PoolName> POOLS = Set.of(new PoolName("tank"));

  @Test
  void ofShouldGiveTheDocumentedDefaults() {
    assertThat(ZfsConfig.of(POOLS))
        .isEqualTo(
            new ZfsConfig(
                POOLS,
                Path.of("/dev/zvol"),
                new ByteSize(16384),
                false,
                5,
                true,
                Duration.ofSeconds(2)));
  }

  @Test
  void everyWithShouldChangeItsValueOnly() {
    assertThat(
            ZfsConfig.of(POOLS)
                .withDeviceRoot(Path.of("/x"))
                .withBlockSize(new ByteSize(512))
                .withThin(true)
                .withFloorPercent(90)
                .withDurableWrites(false)
                .withBusyPatience(Duration.ZERO))
        .isEqualTo(
            new ZfsConfig(POOLS, Path.of("/x"), new ByteSize(512), true, 90, false, Duration.ZERO));
  }

  @Test
  void valuesOutOfBoundsShouldBeRefusedByName() {
    ZfsConfig config = ZfsConfig.of(POOLS);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withBlockSize(new ByteSize(12288)))
        .withMessageContaining("blockSize");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withFloorPercent(91))
        .withMessageContaining("floorPercent");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withDeviceRoot(Path.of("dev")))
        .withMessageContaining("deviceRoot");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ZfsConfig.of(Set.of()))
        .withMessageContaining("pools");
  }
}
