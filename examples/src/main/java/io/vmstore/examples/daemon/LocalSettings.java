package io.vmstore.examples.daemon;

import java.nio.file.Path;
import java.util.List;

/**
 * The keys of storage without ZFS and iSCSI, for trying things out on one machine. Both daemons
 * have them.
 */
public final class LocalSettings {
  /** Empty when the storage is not local. */
  static final Setting<String> DIRECTORY =
      Setting.optional(
          "local.directory",
          "",
          text -> text.isEmpty() ? text : Forms.absolutePath(text).toString(),
          "the absolute path of a folder that all local nodes share");

  /** The keys. */
  public static final List<Setting<?>> KEYS = List.of(DIRECTORY);

  private LocalSettings() {}

  /** {@return the folder, which must be there} */
  public static Path directory(SettingsFile file) {
    String text = DIRECTORY.in(file);
    if (text.isEmpty()) {
      throw file.missing(DIRECTORY.key(), "storage = local needs it: " + DIRECTORY.meaning());
    }
    return Path.of(text);
  }
}
