package io.vmstore.core.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.MappingState;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
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
        "{\"\\ud800\":1}",
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

  @ParameterizedTest
  @ValueSource(strings = {"c080", "eda080", "f4908080", "ff", "c3"})
  void bytesThatAreNotUtf8ShouldBeRefused(String hex) {
    byte[] text = ("{\"a\":\"" + "?".repeat(hex.length() / 2) + "\"}").getBytes(UTF_8);
    System.arraycopy(HexFormat.of().parseHex(hex), 0, text, 6, hex.length() / 2);
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> Json.read(text, "request"))
        .withMessageContaining("not UTF-8");
  }

  @Test
  void otherEncodingsOfUnicodeShouldBeRefused() {
    byte[] text = "{\"a\":1}".getBytes(StandardCharsets.UTF_16);

    assertThatExceptionOfType(VmStoreException.class).isThrownBy(() -> Json.read(text, "request"));
  }

  /** U+FFFD is what a lenient decoder puts in the place of what it cannot read. */
  @ParameterizedTest
  @ValueSource(strings = {"\ufffd", "a whole pair: \ud83d\ude00", "\ud83d\ude00\ufffd\u00e9"})
  void anyTextOfUnicodeShouldBeReadAsItIs(String text) {
    assertThat(read("{\"a\":\"" + text + "\"}").text("a")).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":\"\\ud800\"}", "{\"a\":[{\"b\":\"x\\udc00\\ud800\"}]}"})
  void halfASurrogatePairShouldBeRefusedAndShownByNumber(String text) {
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> read(text))
        .withMessageContaining("half a surrogate pair")
        .withMessageContaining("\\ud800");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "9007199254740992", "9223372036854775807", "1e400", "0.5"})
  void countShouldRefuseWhatCannotGrowOrBeCounted(String value) {
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> read("{\"generation\":" + value + "}").count("generation"))
        .withMessageContaining("'generation'");
  }

  @Test
  void constantShouldBeOneOfItsType() {
    JsonFields json = read("{\"state\":\"MAPPED\",\"other\":\"mapped\\n\"}");

    assertThat(json.constant("state", MappingState.class)).isEqualTo(MappingState.MAPPED);
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> json.constant("other", MappingState.class))
        .withMessageContaining("mapped\\n")
        .withMessageContaining("UNMAPPING");
  }

  private static JsonFields read(String text) {
    return Json.read(text.getBytes(StandardCharsets.UTF_8), "request");
  }
}
