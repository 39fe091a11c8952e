package io.vmstore.exec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Two temporary files that take a program's output. With a pipe, a grandchild that inherited it
 * would keep the reader waiting long after the program itself has ended.
 */
record CapturedOutput(Path standardFile, Path errorFile, int limit) implements Closeable {
  static CapturedOutput open(int limit) throws IOException {
    Path standardFile = Files.createTempFile("vmstore-", ".out");
    try {
      return new CapturedOutput(standardFile, Files.createTempFile("vmstore-", ".err"), limit);
    } catch (IOException e) {
      delete(standardFile);
      throw e;
    }
  }

  String standard() throws IOException {
    return text(standardFile);
  }

  String errors() throws IOException {
    return text(errorFile);
  }

  private String text(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      String text = new String(bytes.readNBytes(limit), UTF_8);
      return bytes.read() < 0 ? text : text + "\n" + ProcessCommandRunner.CUT_MARK + "\n";
    }
  }

  @Override
  public void close() {
    delete(standardFile);
    delete(errorFile);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A file left in the folder of temporary files must not hide what the program answered.
    }
  }
}
