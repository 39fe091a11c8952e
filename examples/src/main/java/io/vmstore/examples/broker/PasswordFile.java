package io.vmstore.examples.broker;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file whose only line is a password. */
public final class PasswordFile {
  private PasswordFile() {}

  /**
   * {@return the file's only line; blanks belong to it, its end of line does not}
   *
   * @throws VmStoreException INVALID_ARGUMENT when it cannot be read, is empty, or has more lines
   */
  public static String read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw unusable(file, "it cannot be read: " + e);
    }
    String password = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    if (password.isEmpty() || password.indexOf('\n') >= 0) {
      throw unusable(file, "it must hold exactly one line, which is not empty");
    }
    return password;
  }

  private static VmStoreException unusable(Path file, String reason) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "password file '" + file + "' cannot be used")
        .reason(reason)
        .correction("write the broker's password into it, and let only this user read it")
        .detail("file", file.toString())
        .build();
  }
}
