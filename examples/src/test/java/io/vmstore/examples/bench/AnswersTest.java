package io.vmstore.examples.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswersTest {
  @Test
  void answerShouldBeOneLineWithTheTimeAndTheNumberOfVolumes() {
    assertThat(printed(List.of("tank/v1", "tank/v2"), null))
        .isEqualTo("{\"id\":\"7\",\"ns\":1500,\"count\":2}\n");
  }

  @Test
  void failureShouldBeToldByItsCodeAndNotAsACompletionException() {
    VmStoreException busy = VmStoreException.builder(ErrorCode.BUSY, "cannot map").build();
    assertThat(printed(null, new CompletionException(busy)))
        .startsWith("{\"id\":\"7\",\"ns\":1500,\"error\":\"BUSY: cannot map");
  }

  private static String printed(@Nullable Object result, @Nullable Throwable failure) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Answers(new PrintStream(out, true, UTF_8)).print("7", 1500, result, failure);
    return out.toString(UTF_8);
  }
}
