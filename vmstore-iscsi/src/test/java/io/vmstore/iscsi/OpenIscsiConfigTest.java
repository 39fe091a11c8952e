package io.vmstore.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vmstore.model.Iqn;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenIscsiConfigTest {
  private static final OpenIscsiConfig DEFAULTS = OpenIscsiConfig.defaults();

  @Test
  void defaultsShouldFitDebian() {
    assertThat(DEFAULTS)
        .isEqualTo(
            new OpenIscsiConfig(
                Path.of("/etc/iscsi/initiatorname.iscsi"),
                Path.of("/run/vmstore/devices"),
                new Iqn("iqn.2026-11.io.vmstore"),
                Duration.ofSeconds(15)));
  }

  @Test
  void eachValueShouldBeReplaceable() {
    Path file = Path.of("/a");
    Path links = Path.of("/b");
    Iqn prefix = new Iqn("iqn.2020-01.example");
    assertThat(
            DEFAULTS
                .withInitiatorNameFile(file)
                .withLinkDirectory(links)
                .withIqnPrefix(prefix)
                .withLoginTimeout(Duration.ofSeconds(3)))
        .isEqualTo(new OpenIscsiConfig(file, links, prefix, Duration.ofSeconds(3)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT0.5S", "PT1.5S", "PT301S", "PT-1S"})
  void loginTimeoutShouldBeWholeSecondsWithinBounds(Duration timeout) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withLoginTimeout(timeout))
        .withMessageContaining("loginTimeout");
  }

  @Test
  void pathsShouldBeAbsolute() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withLinkDirectory(Path.of("links")))
        .withMessageContaining("linkDirectory");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULTS.withInitiatorNameFile(Path.of("name")))
        .withMessageContaining("initiatorNameFile");
  }
}
