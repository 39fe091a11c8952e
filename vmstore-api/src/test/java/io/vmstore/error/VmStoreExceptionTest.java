package io.vmstore.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class VmStoreExceptionTest {
  private final VmStoreException failure =
      VmStoreException.builder(ErrorCode.BUSY, "cannot map 'tank/v1'")
          .reason("'delete' is under way")
          .correction("repeat the call")
          .detail("operation", "delete")
          .build();

  @Test
  void messageShouldSayWhatWhyAndWhatToDo() {
    assertThat(failure)
        .hasMessage("BUSY: cannot map 'tank/v1': 'delete' is under way; repeat the call");
    assertThat(VmStoreException.builder(ErrorCode.INTERNAL, "it broke").build())
        .hasMessage("INTERNAL: it broke");
  }

  @Test
  void exceptionShouldSurviveSerialisation() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(failure);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(((VmStoreException) in.readObject()).details())
          .containsEntry("operation", "delete");
    }
  }

  @Test
  void onlyPassingConditionsShouldBeRetryable() {
    assertThat(ErrorCode.values())
        .filteredOn(ErrorCode::retryable)
        .containsExactly(
            ErrorCode.BUSY,
            ErrorCode.UNAVAILABLE,
            ErrorCode.DEADLINE_EXCEEDED,
            ErrorCode.CANCELLED);
  }

  @Test
  void nobodyShouldForgeALineOfALogByWhatIsQuoted() {
    String forged = "v\n2026-11-21 INFO all is well\r\u001b[2J\u0085\u2028\u202e\u200b\ud800";
    VmStoreException quoting =
        VmStoreException.builder(ErrorCode.INTERNAL, "cannot '" + forged + "'")
            .reason(forged)
            .correction(forged)
            .detail(forged, forged)
            .build();

    String shown = "v\\u000a2026-11-21 INFO all is well\\u000d\\u001b[2J";
    assertThat(quoting.getMessage()).startsWith("INTERNAL: cannot '" + shown);
    assertThat(quoting.reason()).startsWith(shown).endsWith("\\u0085\\u2028\\u202e\\u200b\\ud800");
    assertThat(quoting.correction()).startsWith(shown);
    assertThat(quoting.details().toString()).startsWith("{" + shown).doesNotContain("\n");
  }

  @Test
  void endlessTextsAndDetailsShouldBeCut() {
    Map<String, String> facts =
        IntStream.range(0, 1000).boxed().collect(Collectors.toMap(String::valueOf, i -> "x"));
    VmStoreException endless =
        VmStoreException.builder(ErrorCode.INTERNAL, "p")
            .reason("x".repeat(1_000_000))
            .correction("\0".repeat(1_000_000)) // each of which is shown by six characters
            .details(facts)
            .detail("node", "nas1")
            .build();

    assertThat(endless.getMessage()).hasSizeLessThan(9_000).contains("(1000000 characters)");
    assertThat(endless.details()).hasSizeLessThan(40).containsEntry("node", "nas1");
  }

  @Test
  void lettersOfOtherLanguagesShouldStay() {
    String text = "Ger\u00e4t belegt \ud83d\udd12";

    assertThat(VmStoreException.builder(ErrorCode.BUSY, text).build().problem()).isEqualTo(text);
  }
}
