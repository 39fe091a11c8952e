package io.vmstore.examples.daemon;

import io.vmstore.error.VmStoreException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One key of a configuration file.
 *
 * @param key its name
 * @param otherwise the value when it is not in the file; null when it must be
 * @param form reads the value, and refuses a bad one with VmStoreException or
 *     IllegalArgumentException
 * @param meaning what to write, for the correction of an error
 * @param <T> the type of the value
 */
public record Setting<T>(
    String key, @Nullable String otherwise, Function<String, T> form, String meaning) {
  /** {@return a key that must be there} */
  public static <T> Setting<T> required(String key, Function<String, T> form, String meaning) {
    return new Setting<>(key, null, form, meaning);
  }

  /** {@return a key with a default} */
  public static <T> Setting<T> optional(
      String key, String otherwise, Function<String, T> form, String meaning) {
    return new Setting<>(key, otherwise, form, meaning);
  }

  /**
   * {@return the value in the file, or the default}
   *
   * @throws VmStoreException INVALID_ARGUMENT, naming file, line, key, value and correction
   */
  public T in(SettingsFile file) {
    String text = file.text(key).orElse(otherwise);
    if (text == null) {
      throw file.missing(key, "add '" + key + " = ...': " + meaning);
    }
    try {
      return form.apply(text);
    } catch (VmStoreException e) {
      throw file.badValue(key, e.problem() + ": " + e.reason(), "write " + meaning);
    } catch (IllegalArgumentException e) {
      throw file.badValue(key, String.valueOf(e.getMessage()), "write " + meaning);
    }
  }
}
