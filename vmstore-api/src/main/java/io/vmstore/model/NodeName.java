package io.vmstore.model;

import java.util.regex.Pattern;

/**
 * The name under which a NAS, a compute node or a frontend takes messages. It is the routing key on
 * the broker.
 *
 * @param value a letter or digit, then letters, digits, {@code _ . -}; at most 63 characters
 */
public record NodeName(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");

  /**
   * Checks the name.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when it is outside the grammar
   */
  public NodeName {
    if (!GRAMMAR.matcher(value).matches()) {
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
