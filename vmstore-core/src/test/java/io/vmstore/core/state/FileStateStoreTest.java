package io.vmstore.core.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileStateStoreTest {
  @TempDir private Path folder;

  @Test
  void aRecordShouldSurviveReopening() {
    try (FileStateStore store = FileStateStore.open(folder)) {
      store.write("tank/v1", bytes("one"));
      store.write("tank/v1", bytes("two"));
      store.write("tank/v10", bytes(""));
      store.write("tank/gone", bytes("x"));
      store.remove("tank/gone");
      store.remove("tank/gone");
    }
    try (FileStateStore store = FileStateStore.open(folder)) {
      assertThat(store.readAll()).containsOnlyKeys("tank/v1", "tank/v10");
      assertThat(store.readAll().get("tank/v1")).isEqualTo(bytes("two"));
    }
  }

  @Test
  void aTornWriteShouldLeaveTheOlderRecord() throws IOException {
    try (FileStateStore store = FileStateStore.open(folder)) {
      store.write("tank/v1", bytes("old"));
    }
    Files.writeString(folder.resolve("tank@v1.record.new"), "vmstore-record 1 9");

    try (FileStateStore store = FileStateStore.open(folder)) {
      assertThat(store.readAll().get("tank/v1")).isEqualTo(bytes("old"));
    }
    assertThat(folder.resolve("tank@v1.record.new")).doesNotExist();
  }

  @Test
  void aRecordShouldBeReadableByItsOwnerOnlyWhateverTheFolder() throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (FileStateStore store = FileStateStore.open(folder)) {
      Path older = Files.writeString(folder.resolve("tank@v1.record"), "of an older version");
      Files.setPosixFilePermissions(older, PosixFilePermissions.fromString("rw-r--r--"));
      Path torn = Files.writeString(folder.resolve("tank@v1.record.new"), "left over");
      Files.setPosixFilePermissions(torn, PosixFilePermissions.fromString("rw-r--r--"));
      store.write("tank/v1", bytes("secret"));
    }
    assertThat(Files.getPosixFilePermissions(folder.resolve("tank@v1.record")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void everyDamagedByteShouldBeFound() throws IOException {
    try (FileStateStore store = FileStateStore.open(folder)) {
      store.write("tank/v1", bytes("precious"));
      Path file = folder.resolve("tank@v1.record");
      byte[] whole = Files.readAllBytes(file);
      for (int i = 0; i < whole.length; i++) {
        byte[] damaged = whole.clone();
        damaged[i] ^= 0x10;
        Files.write(file, damaged);
        assertThatExceptionOfType(VmStoreException.class)
            .isThrownBy(store::readAll)
            .withMessageContaining(file.toString())
            .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../x", "a b", "ä", "a@b", "a\0"})
  void aKeyOfOtherCharactersShouldNeverBecomeAFile(String key) throws IOException {
    Path own = folder.resolve("own");
    try (FileStateStore store = FileStateStore.open(own)) {
      if (key.equals("../x")) {
        store.write(key, bytes("inside")); // '/' is not a separator here
      } else {
        assertThatExceptionOfType(VmStoreException.class)
            .isThrownBy(() -> store.write(key, bytes("x")))
            .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
      }
    }
    try (var siblings = Files.list(folder)) {
      assertThat(siblings).containsExactly(own);
    }
  }

  @Test
  void aSecondOpeningShouldBeRefusedUntilTheFirstIsClosed() {
    FileStateStore first = FileStateStore.open(folder);
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> FileStateStore.open(folder))
        .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION));
    first.close();
    FileStateStore.open(folder).close();
  }

  @Test
  void anotherProcessShouldBeRefused() throws Exception {
    try (FileStateStore store = FileStateStore.open(folder)) {
      Process other =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Opener.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .start();
      String output = new String(other.getInputStream().readAllBytes(), US_ASCII);
      assertThat(other.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(output).contains("FAILED_PRECONDITION");
      assertThat(store.readAll()).isEmpty();
    }
  }

  @Test
  void aClosedStoreShouldAnswerUnavailable() {
    FileStateStore store = FileStateStore.open(folder);
    store.close();
    store.close();
    assertThatExceptionOfType(VmStoreException.class)
        .isThrownBy(() -> store.write("k", bytes("v")))
        .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }

  /** What another process does. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] arguments) {
      try (FileStateStore store = FileStateStore.open(Path.of(arguments[0]))) {
        System.out.println("opened " + store.readAll().size());
      } catch (VmStoreException e) {
        System.out.println(e.code());
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }
}
