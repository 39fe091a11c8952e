package io.vmstore.examples.daemon;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of lines {@code key = value}; empty lines and lines that begin with {@code #} are
 * comments. Unlike {@code java.util.Properties} it knows no escapes and no continued lines, so that
 * a value means what it shows, and it refuses a key it does not know or that stands there twice.
 *
 * <p>Thread safety: immutable.
 */
public final class SettingsFile {
  private record Entry(int line, String value) {}

  private final Path file;
  private final Map<String, Entry> entries;

  private SettingsFile(Path file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Reads the file.
   *
   * @param known every setting that may be in it
   * @throws VmStoreException INVALID_ARGUMENT, naming file, line, key and correction
   */
  public static SettingsFile read(Path file, List<Setting<?>> known) {
    SettingsFile settings = new SettingsFile(file, new LinkedHashMap<>());
    int line = 0;
    for (String text : lines(file)) {
      line++;
      if (!text.isBlank() && !text.strip().startsWith("#")) {
        settings.add(line, text, known);
      }
    }
    return settings;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "configuration file '" + file + "' cannot be read")
          .reason(e.toString())
          .correction("give the path of a readable UTF-8 file; etc/ holds examples")
          .build();
    }
  }

  private void add(int line, String text, List<Setting<?>> known) {
    int equals = text.indexOf('=');
    String key = text.substring(0, Math.max(equals, 0)).strip();
    if (key.isEmpty()) {
      throw wrong(line, "'" + text.strip() + "' is not a setting", "write it as 'key = value'");
    }
    List<String> keys = known.stream().map(Setting::key).toList();
    if (!keys.contains(key)) {
      throw wrong(line, "key '" + key + "' is not known", "use one of " + String.join(", ", keys));
    }
    Entry before = entries.putIfAbsent(key, new Entry(line, text.substring(equals + 1).strip()));
    if (before != null) {
      throw wrong(
          line, "key '" + key + "' is given again", "remove it here or in line " + before.line());
    }
  }

  /** {@return the text of a key, when it is there} */
  Optional<String> text(String key) {
    return Optional.ofNullable(entries.get(key)).map(Entry::value);
  }

  /** {@return the failure of a key that must be there} */
  public VmStoreException missing(String key, String correction) {
    return failure("'" + file + "'", "key '" + key + "' is missing", correction);
  }

  /** {@return the failure of a key whose value is not what it must be} */
  VmStoreException badValue(String key, String reason, String correction) {
    Entry entry = entries.get(key);
    return entry == null
        ? failure("'" + file + "'", "default of '" + key + "': " + reason, correction)
        : wrong(
            entry.line(),
            "value '" + entry.value() + "' of key '" + key + "': " + reason,
            correction);
  }

  private VmStoreException wrong(int line, String reason, String correction) {
    return failure("'" + file + "', line " + line, reason, correction);
  }

  private static VmStoreException failure(String where, String reason, String correction) {
    return VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "wrong configuration in " + where)
        .reason(reason)
        .correction(correction)
        .build();
  }
}
