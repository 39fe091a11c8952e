package io.vmstore.managed;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;

/** What is wrong with a manager's documents. */
final class Documents {
  private Documents() {}

  static VmStoreException invalid(String field, Object value, String reason) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "field '" + field + "' is not valid: '" + value + "'")
        .reason(reason)
        .correction("see docs/managed-volumes.md for the fields and their values")
        .build();
  }
}
