package io.vmstore.zfs.lio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vmstore.model.ChapMode;
import io.vmstore.model.Iqn;
import io.vmstore.model.Portal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LioConfigTest {
  private static final List<Portal> PORTALS = List.of(Portal.parse("10.0.0.1"));

  @Test
  void ofShouldGiveTheDocumentedDefaults() {
    assertThat(LioConfig.of(PORTALS))
        .isEqualTo(
            new LioConfig(
                Path.of("/sys/kernel/config/target"),
                new Iqn("iqn.2026-11.io.vmstore"),
                PORTALS,
                Map.of("emulate_3pc", "0"),
                ChapMode.MUTUAL));
  }

  @Test
  void everyWithShouldChangeItsValueOnly() {
    assertThat(
            LioConfig.of(PORTALS)
                .withRoot(Path.of("/x"))
                .withPrefix(new Iqn("iqn.2026-11.example:nas1"))
                .withDeviceAttributes(Map.of("is_nonrot", "1"))
                .withChap(ChapMode.ONE_WAY))
        .isEqualTo(
            new LioConfig(
                Path.of("/x"),
                new Iqn("iqn.2026-11.example:nas1"),
                PORTALS,
                Map.of("is_nonrot", "1"),
                ChapMode.ONE_WAY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "[::]"})
  void everyNetworkShouldBeRefusedAsAPortal(String portal) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LioConfig.of(List.of(Portal.parse(portal))))
        .withMessageContaining("portals");
  }

  @Test
  void valuesOutOfBoundsShouldBeRefusedByName() {
    LioConfig config = LioConfig.of(PORTALS);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LioConfig.of(List.of()))
        .withMessageContaining("portals");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withRoot(Path.of("sys")))
        .withMessageContaining("root");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withPrefix(new Iqn("iqn.2026-11.example:" + "x".repeat(180))))
        .withMessageContaining("prefix");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.withDeviceAttributes(Map.of("../enable", "0")))
        .withMessageContaining("deviceAttributes");
  }
}
