package io.vmstore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every name is printed as it was read, and nothing that could be an option, a path or a look-alike
 * is a name.
 */
final class NamesTest {
  private static void assertRefused(Function<String, Object> parse, String text) {
    assertThatThrownBy(() -> parse.apply(text))
        .isInstanceOfSatisfying(
            VmStoreException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
              assertThat(e.outcomeUnknown()).isFalse();
              assertThat(e.correction()).isNotEmpty();
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"tank/v1", "tank/a", "Tank_2/vm-17.disk_0", "p/0"})
  void zvolNameShouldPrintAsRead(String text) {
    assertThat(ZvolName.parse(text)).hasToString(text);
  }

  @Test
  void zvolNameShouldAcceptItsLongest() {
    String longest = "v".repeat(128);

    assertThat(ZvolName.parse("tank/" + longest).name()).isEqualTo(longest);
    assertRefused(ZvolName::parse, "tank/" + longest + "v");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "v1",
        "tank/",
        "/v1",
        "tank/-r",
        "tank/a/b",
        "tank/a@b",
        "tank/..",
        "tank/a b",
        "tank/a\n",
        "tank/v\u0430",
        "-r/v1",
        "mirror/v1",
        "raidz2/v1",
        "c0d0/v1",
        "log/v1",
        "tank/a#b",
        "tank/a%b",
        "tank/a\u0000",
        "tank/--",
        "tank/a/../b",
        "tank/\uff56\uff11", // of full width
        "tank/v\u200b1", // with a blank of no width
        "tank/\ud800"
      })
  void zvolNameShouldRefuse(String text) {
    assertRefused(ZvolName::parse, text);
  }

  @Test
  void refusalShouldShowLookAlikesByNumber() {
    assertThatThrownBy(() -> ZvolName.parse("tank/v\u0430")).hasMessageContaining("'v\\u0430'");
  }

  @Test
  void refusalShouldNotRepeatAHugeValue() {
    assertThatThrownBy(() -> new NodeName("x".repeat(1_000_000)))
        .satisfies(
            e -> assertThat(e.getMessage()).hasSizeLessThan(500).contains("(1000000 characters)"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-x", ".x", "a/b", "a b", "rocks.vm-manage\n", "a*", "#"})
  void nodeNameShouldRefuse(String text) {
    assertRefused(NodeName::new, text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "123", "not-a-uuid", "1-1-1-1-1", "6ba7b810-9dad-11d1-80b4-00c04fd430c8 "})
  void volumeIdShouldRefuse(String text) {
    assertRefused(VolumeId::parse, text);
  }

  @Test
  void volumeIdShouldHaveOneSpelling() {
    String upper = "6BA7B810-9DAD-11D1-80B4-00C04FD430C8";

    assertThat(VolumeId.parse(upper)).hasToString(upper.toLowerCase(java.util.Locale.ROOT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "iqn.2026-11.io.vmstore:nas.tank.v1",
        "iqn.1994-05.com.redhat:3f2b2be7ebc",
        "iqn.2001-04.com.x"
      })
  void iqnShouldPrintAsRead(String text) {
    assertThat(new Iqn(text)).hasToString(text);
  }

  @Test
  void iqnShouldFoldUpperCase() {
    assertThat(new Iqn("iqn.1994-05.com.RedHat:ABC"))
        .isEqualTo(new Iqn("iqn.1994-05.com.redhat:abc"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "iqn",
        "eui.0123456789abcdef",
        "iqn.2026-13.io.x",
        "iqn.2026-11.io_x",
        "iqn.2026-11.io.x:",
        "iqn.2026-11.io.x:a/b",
        "iqn.2026-11.io.x:a b",
        "iqn.2026-11.io.x:\u212a" // the sign of the Kelvin, which folds to a k
      })
  void iqnShouldRefuse(String text) {
    assertRefused(Iqn::new, text);
  }

  @Test
  void iqnShouldRefuseMoreThan223Characters() {
    String longest = "iqn.2026-11.io.x:" + "a".repeat(223 - 17);

    assertThat(new Iqn(longest).value()).hasSize(223);
    assertRefused(Iqn::new, longest + "a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sda", "/", "/dev/../etc/passwd", "/dev/..", "/dev/a\nb"})
  void devicePathShouldRefuse(String text) {
    assertRefused(DevicePath::new, text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "\u0000"})
  void operationIdShouldRefuse(String text) {
    assertRefused(OperationId::new, text);
  }

  @Test
  void namesThatDifferByCaseOnlyShouldBeTwo() {
    assertThat(ZvolName.parse("tank/V1")).isNotEqualTo(ZvolName.parse("tank/v1"));
  }

  @Test
  void targetShouldRefuseEndlessPortals() {
    Iqn iqn = new Iqn("iqn.2026-11.io.x:a");
    List<Portal> most = Collections.nCopies(64, Portal.parse("10.0.0.1"));

    assertThat(new Target(iqn, most).portals()).hasSize(64);
    assertRefused(text -> new Target(iqn, Collections.nCopies(65, Portal.parse(text))), "10.0.0.1");
  }
}
