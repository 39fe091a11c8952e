package io.vmstore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.VmStoreException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PortalTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.1:3260,10.0.0.1:3260",
    "10.0.0.1,10.0.0.1:3260",
    "[fd77::1]:3261,[fd77::1]:3261",
    "[FD77:0:0:0:0:0:0:1],[fd77::1]:3260",
    "[2001:db8:0:1:1:1:1:1],[2001:db8:0:1:1:1:1:1]:3260",
    "[2001:0:0:1:0:0:0:1],[2001:0:0:1::1]:3260",
    "[::],[::]:3260",
    "[::1],[::1]:3260",
    "[fe80::],[fe80::]:3260"
  })
  void parseShouldNormalise(String text, String normal) {
    assertThat(Portal.parse(text)).hasToString(normal);
    assertThat(Portal.parse(normal)).isEqualTo(Portal.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nas",
        "localhost:3260",
        "10.0.0:3260",
        "10.0.0.256",
        "010.0.0.1",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:",
        "fd77::1",
        "[10.0.0.1]:3260",
        "[fe80::1%eth0]",
        "[::ffff:10.0.0.1]",
        "[fd77::1",
        "[fd77:::1]",
        "[gg::1]",
        "10.0.0.1:3260:1",
        "1",
        "a.b.c.d"
      })
  void parseShouldRefuse(String text) {
    assertThatThrownBy(() -> Portal.parse(text))
        .isInstanceOf(VmStoreException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }
}
