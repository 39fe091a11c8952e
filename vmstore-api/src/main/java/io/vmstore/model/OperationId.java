package io.vmstore.model;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Names one request, so that a repetition of it is known as such and gets the first one's answer.
 *
 * @param value 1 to 128 letters, digits or {@code _ . : -}; unique for the caller
 */
public record OperationId(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");

  /**
   * Checks the id.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar
   */
  public OperationId {
    if (!GRAMMAR.matcher(value).matches()) {
      throw Checks.invalid(
          "operation id",
          value,
          "an operation id is 1 to 128 letters, digits, '_', '.', ':' or '-'",
          "use a UUID");
    }
  }

  /** {@return a new random id} */
  public static OperationId random() {
    return new OperationId(UUID.randomUUID().toString());
  }

  /** {@return the id itself} */
  @Override
  public String toString() {
    return value;
  }
}
