package io.vmstore.examples.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.vmstore.error.ErrorCode;
import io.vmstore.fuzz.Fuzz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever stands in a settings file, it is read, or refused with file and line. */
class SettingsFuzzTest {
  private static final Set<ErrorCode> REFUSALS = Set.of(ErrorCode.INVALID_ARGUMENT);

  @TempDir private Path folder;

  @Test
  void everyFileShouldBeReadOrRefused() throws IOException {
    Path password = Files.writeString(folder.resolve("password"), "secret\n");
    Path file = folder.resolve("settings");
    Fuzz.of(SettingsFuzzTest.class, "settings")
        .check(
            input -> {
              write(file, new String(input, ISO_8859_1).replace("PASSWORD", password.toString()));
              Fuzz.parsed(REFUSALS, () -> NasSettings.read(file));
              Fuzz.parsed(REFUSALS, () -> ComputeSettings.read(file));
            });
  }

  private static void write(Path file, String text) {
    try {
      Files.write(file, text.getBytes(ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
