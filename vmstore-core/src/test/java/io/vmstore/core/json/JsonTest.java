package io.vmstore.core.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "\"text\"",
        "{",
        "{}{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}"
      })
  void readShouldRefuseWhatIsNotExactlyOneObject(String text) {
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> read(text))
        .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"5\"", "5.0", "9223372036854775808", "true", "[5]", "1e3"})
  void numberShouldRefuseWhatIsNotAWholeNumberOf64BitsAndQuoteIt(String value) {
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> read("{\"size\":" + value + "}").number("size"))
        .withMessageContaining("'size'");
  }

  @Test
  void aMissingFieldShouldBeSaidToBeMissing() {
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> read("{\"a\":null}").text("zvol"))
        .withMessageContaining("'zvol'")
        .withMessageContaining("missing");
  }

  @Test
  void nullShouldBeAsAbsentAndUnknownFieldsIgnored() {
    JsonFields json = read("{\"a\":null,\"new\":{\"x\":[1]}}");

    assertThat(json.optionalText("a")).isEmpty();
    assertThat(json.optionalNumber("b")).isEmpty();
    assertThat(json.flag("c")).isFalse();
  }

  @Test
  void aLongWrongValueShouldBeQuotedInPart() {
    String value = "\"" + "x".repeat(5000) + "\"";

    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> read("{\"size\":" + value + "}").number("size"))
        .satisfies(failure -> assertThat(failure.reason().length()).isLessThan(200));
  }

  private static JsonFields read(String text) {
    return Json.read(text.getBytes(StandardCharsets.UTF_8), "request");
  }
}
