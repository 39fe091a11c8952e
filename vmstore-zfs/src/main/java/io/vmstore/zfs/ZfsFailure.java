package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.exec.Command;
import io.vmstore.exec.CommandResult;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why {@code zfs} failed. Its exit code says only that it did; its text says why, in the form
 * {@code cannot VERB 'DATASET': PHRASE} (libzfs_util.c, zfs_verror). A phrase counts when it is
 * known word for word, never because it contains something.
 *
 * @param dataset the dataset it speaks of; empty when it speaks of none
 * @param phrase the phrase, or the whole line when it is not of that form
 * @param line the line it was read from
 */
record ZfsFailure(String dataset, String phrase, String line) {
  static final String ABSENT = "dataset does not exist";

  private static final Pattern FORM = Pattern.compile("cannot [a-z ]+ '([^']*)': (.*)");

  private static final Map<String, ErrorCode> CODES =
      Map.ofEntries(
          Map.entry(ABSENT, ErrorCode.NOT_FOUND),
          Map.entry("no such pool", ErrorCode.UNAVAILABLE),
          Map.entry("parent does not exist", ErrorCode.NOT_FOUND),
          Map.entry("dataset already exists", ErrorCode.ALREADY_EXISTS),
          Map.entry("dataset is busy", ErrorCode.BUSY),
          Map.entry("pool or dataset is busy", ErrorCode.BUSY),
          Map.entry("out of space", ErrorCode.RESOURCE_EXHAUSTED),
          Map.entry("size is greater than available space", ErrorCode.RESOURCE_EXHAUSTED),
          Map.entry("volume has children", ErrorCode.FAILED_PRECONDITION),
          Map.entry("volume has dependent clones", ErrorCode.FAILED_PRECONDITION),
          Map.entry("pool is read-only", ErrorCode.FAILED_PRECONDITION),
          Map.entry("dataset is read-only", ErrorCode.FAILED_PRECONDITION),
          Map.entry("permission denied", ErrorCode.PERMISSION_DENIED),
          Map.entry("pool I/O is currently suspended", ErrorCode.UNAVAILABLE),
          Map.entry("pool is unavailable", ErrorCode.UNAVAILABLE),
          Map.entry("The ZFS modules are not loaded.", ErrorCode.UNAVAILABLE),
          Map.entry("The /dev/zfs device is missing and must be created.", ErrorCode.UNAVAILABLE));

  private static final Map<String, String> CORRECTIONS =
      Map.of(
          "volume has children", "see them with 'zfs list -t all -r', destroy the snapshots first",
          "volume has dependent clones", "destroy or promote the clones first",
          "out of space", "delete volumes or add disks to the pool",
          "size is greater than available space", "delete volumes or add disks to the pool",
          "pool is read-only", "import the pool for writing",
          "permission denied", "run as root",
          "pool I/O is currently suspended",
              "see 'zpool status', repair the disks, then 'zpool clear'",
          "The ZFS modules are not loaded.", "run 'modprobe zfs'");

  /** {@return the failures a program reported, line by line} */
  static List<ZfsFailure> of(CommandResult result) {
    return result.errors().lines().filter(line -> !line.isBlank()).map(ZfsFailure::of).toList();
  }

  private static ZfsFailure of(String line) {
    Matcher matcher = FORM.matcher(line);
    return matcher.matches()
        ? new ZfsFailure(matcher.group(1), matcher.group(2), line)
        : new ZfsFailure("", line, line);
  }

  /** {@return what is left to say when no phrase is known} */
  static ZfsFailure unknown(CommandResult result) {
    return new ZfsFailure("", "", result.errors().strip());
  }

  boolean concerns(Command command) {
    return dataset.isEmpty() || command.arguments().contains(dataset);
  }

  boolean saysAbsent(String name) {
    return dataset.equals(name) && phrase.equals(ABSENT);
  }

  /** {@return whether the phrase is one of those that say that nothing was done} */
  boolean known() {
    return CODES.containsKey(phrase);
  }

  ErrorCode code() {
    return CODES.getOrDefault(phrase, ErrorCode.INTERNAL);
  }

  String correction() {
    return CORRECTIONS.getOrDefault(phrase, "run the command by hand and read what it says");
  }
}
