package io.vmstore.iscsi;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Iqn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the file in which open-iscsi keeps this machine's name (iscsiadm(8), FILES). */
final class InitiatorName {
  private static final Pattern LINE = Pattern.compile("\\s*InitiatorName\\s*=\\s*(\\S+)\\s*");

  private InitiatorName() {}

  static Iqn read(Path file) {
    List<String> names = names(file);
    // Debian installs the file with GenerateName=yes; the first start of iscsid puts the name in.
    if (names.size() != 1) {
      String found = names.isEmpty() ? "it has no line" : "it has several lines";
      throw failure(file, found + " 'InitiatorName=iqn...'", null);
    }
    try {
      return new Iqn(names.get(0));
    } catch (VmStoreException e) {
      throw failure(file, e.problem(), e);
    }
  }

  private static List<String> names(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(LINE::matcher)
          .filter(Matcher::matches)
          .map(matcher -> matcher.group(1))
          .toList();
    } catch (IOException e) {
      throw failure(file, "the file cannot be read (" + e + ")", e);
    }
  }

  private static VmStoreException failure(Path file, String reason, @Nullable Exception cause) {
    return VmStoreException.builder(
            ErrorCode.FAILED_PRECONDITION,
            "cannot read this machine's initiator name from '" + file + "'")
        .reason(reason)
        .correction(
            "run 'systemctl start iscsid', which generates a name, or write one line"
                + " 'InitiatorName=iqn...' into the file")
        .cause(cause)
        .build();
  }
}
