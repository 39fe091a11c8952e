package io.vmstore.examples.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.examples.daemon.Setting;
import io.vmstore.iscsi.OpenIscsiVolumeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class AgentSettingsTest {
  private static final Path EXAMPLE = Path.of("src/main/dist/etc/agent.properties.example");

  @Test
  void exampleShouldNameEveryKeyWithItsDefault() throws IOException {
    for (Setting<?> setting : AgentSettings.KEYS) {
      String otherwise = setting.otherwise() == null ? "" : setting.otherwise();
      assertThat(Files.readAllLines(EXAMPLE))
          .contains(("#" + setting.key() + " = " + otherwise).strip());
    }
  }

  @Test
  void exampleShouldGiveTheAdaptersDefaults() {
    AgentSettings.Iscsi iscsi = (AgentSettings.Iscsi) AgentSettings.read(EXAMPLE).storage();
    OpenIscsiVolumeConfig defaults = OpenIscsiVolumeConfig.defaults();
    assertThat(iscsi.initiatorNameFile()).isEqualTo(defaults.initiatorNameFile());
    assertThat(iscsi.linkDirectory()).isEqualTo(defaults.linkDirectory());
    assertThat(iscsi.loginTimeout()).isEqualTo(defaults.loginTimeout());
    assertThat(iscsi.multipath()).isEqualTo(defaults.multipath());
    assertThat(iscsi.address()).isEmpty();
  }
}
