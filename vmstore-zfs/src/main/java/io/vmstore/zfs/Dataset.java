package io.vmstore.zfs;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.exec.CommandResult;
import io.vmstore.model.ByteSize;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A dataset as {@code zfs get -H -p -o name,property,value,source} shows it.
 *
 * @param name the full name
 * @param values the values by property
 * @param local the values that were set on this very dataset: neither inherited from its parent nor
 *     received with a stream, so a mark among them is this volume's and no copy's
 */
record Dataset(String name, Map<String, String> values, Map<String, String> local) {
  private static final int COLUMNS = 4;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,19}");

  /**
   * {@return the datasets of an output, by name, in the order of the output}
   *
   * @throws VmStoreException INTERNAL when the output is not complete
   */
  static Map<String, Dataset> parse(CommandResult result) {
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    for (String line : result.output().lines().toList()) {
      String[] columns = line.split("\t", -1);
      if (columns.length != COLUMNS) {
        throw notUnderstood(result, "the line '" + line + "' has not " + COLUMNS + " columns");
      }
      Dataset dataset =
          datasets.computeIfAbsent(
              columns[0], name -> new Dataset(name, new LinkedHashMap<>(), new LinkedHashMap<>()));
      if (dataset.values.put(columns[1], columns[2]) != null) {
        // The value of a property that somebody set, or sent along with a copy, may hold lines.
        throw notUnderstood(
            result, "property '" + columns[1] + "' of '" + columns[0] + "' is there twice");
      }
      if (columns[3].equals("local")) {
        dataset.local.put(columns[1], columns[2]);
      }
    }
    return datasets;
  }

  boolean isVolume() {
    return value("type").equals("volume");
  }

  /** {@return the number of bytes of a property} */
  long bytes(String property) {
    String value = value(property);
    try {
      if (NUMBER.matcher(value).matches()) {
        return Long.parseLong(value);
      }
    } catch (NumberFormatException e) {
      throw notUnderstood(property, e);
    }
    throw notUnderstood(property, null);
  }

  /** {@return the bytes of a property that cannot be 0} */
  ByteSize size(String property) {
    long bytes = bytes(property);
    if (bytes == 0) {
      throw notUnderstood(property, null);
    }
    return new ByteSize(bytes);
  }

  /** {@return the value of a property} */
  String value(String property) {
    String value = values.get(property);
    if (value == null) {
      throw notUnderstood(property, null);
    }
    return value;
  }

  private VmStoreException notUnderstood(String property, @Nullable Throwable cause) {
    return VmStoreException.builder(
            ErrorCode.INTERNAL, "cannot read property '" + property + "' of dataset '" + name + "'")
        .reason("its value is '" + values.get(property) + "'")
        .correction("compare with 'zfs get -Hp " + property + " " + name + "'")
        .cause(cause)
        .build();
  }

  private static VmStoreException notUnderstood(CommandResult result, String reason) {
    return VmStoreException.builder(
            ErrorCode.INTERNAL, "cannot understand the output of '" + result.command() + "'")
        .reason(reason)
        .correction("run the command by hand; vmstore knows OpenZFS 2.1 to 2.3")
        .build();
  }
}
