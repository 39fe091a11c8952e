package io.vmstore.model;

import java.util.UUID;

/**
 * Names one request, so that a repetition of it is known as such and gets the first one's answer.
 *
 * @param value 1 to 128 letters, digits or {@code _ . : -}; unique for the caller
 */
public record OperationId(String value) {
  private static final int LONGEST = 128;

  /**
   * Checks the id.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar
   */
  public OperationId {
    if (!Checks.consistsOfLettersDigitsAnd("_.:-", value, LONGEST)) {
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
