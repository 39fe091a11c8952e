package io.vmstore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChapSecretsTest {
  private static final String ONE = "0123456789abcdef";
  private static final String OTHER = "fedcba9876543210";

  @Test
  void textShouldSayTheModeAndNoSecret() {
    assertThat(new ChapSecrets(ONE, null)).hasToString("ChapSecrets[ONE_WAY]");
    assertThat(new ChapSecrets(ONE, OTHER)).hasToString("ChapSecrets[MUTUAL]");
  }

  @Test
  void modeShouldBeWhoHasASecret() {
    assertThat(ChapMode.of(null)).isEqualTo(ChapMode.NONE);
    assertThat(ChapMode.of(new ChapSecrets(ONE, null))).isEqualTo(ChapMode.ONE_WAY);
    assertThat(ChapMode.of(new ChapSecrets(ONE, OTHER))).isEqualTo(ChapMode.MUTUAL);
    assertThat(ChapMode.ONE_WAY.covers(ChapMode.ONE_WAY)).isTrue();
    assertThat(ChapMode.ONE_WAY.covers(ChapMode.MUTUAL)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0123456789abcde",
        "NULL0123456789abcdef",
        "0123456789 abcdef",
        "p\u00e4ssword0123456"
      })
  void aSecretOutsideItsFormShouldBeRefusedWithoutBeingRepeated(String secret) {
    assertRefused(secret, () -> new ChapSecrets(secret, null));
    assertRefused(secret, () -> new ChapSecrets(ONE, secret));
  }

  @Test
  void aSecretLongerThanTheKernelKeepsShouldBeRefused() {
    assertThat(new ChapSecrets("x".repeat(255), null).initiator()).hasSize(255);
    assertRefused("x".repeat(256), () -> new ChapSecrets("x".repeat(256), null));
  }

  @Test
  void oneSecretForBothDirectionsShouldBeRefused() {
    assertRefused(ONE, () -> new ChapSecrets(ONE, ONE));
  }

  private static void assertRefused(String secret, ThrowingCallable call) {
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(call)
        .satisfies(refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .satisfies(refusal -> assertThat(refusal.getMessage()).doesNotContain(secret));
  }
}
