package io.vmstore.core.state;

import io.vmstore.error.ErrorCode;
import io.vmstore.fuzz.Fuzz;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A file is what was written, or damaged. */
class RecordFileFuzzTest {
  private static final Path FILE = Path.of("tank@v1.record");

  @Test
  void fileShouldBeWhatWasWrittenOrDamaged() {
    Fuzz.of(RecordFileFuzzTest.class, "record-file")
        .check(
            input ->
                Fuzz.parsed(Set.of(ErrorCode.INTERNAL), () -> RecordFile.decode(FILE, input))
                    .filter(value -> !Arrays.equals(RecordFile.encode(value), input))
                    .ifPresent(
                        value -> {
                          throw new AssertionError("a damaged file was taken for whole");
                        }));
  }
}
