package io.vmstore.model;

/**
 * The name under which a NAS, a compute node or a frontend takes messages. It is the routing key on
 * the broker.
 *
 * @param value a letter or digit, then letters, digits, {@code _ . -}; at most 63 characters
 */
public record NodeName(String value) {
  private static final int LONGEST = 63;

  /**
   * Checks the name.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar
   */
  public NodeName {
    if (!Checks.consistsOfLettersDigitsAnd("_.-", value, LONGEST)
        || !Checks.isLetterOrDigit(value.charAt(0))) {
      throw Checks.invalid(
          "node name",
          value,
          "a node name is a letter or digit followed by at most 62 letters, digits, '_', '.' or '-'",
          "give the name in the node's configuration (node.name)");
    }
  }

  /** {@return the name itself} */
  @Override
  public String toString() {
    return value;
  }
}
