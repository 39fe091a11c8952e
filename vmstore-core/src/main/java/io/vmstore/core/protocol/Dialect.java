package io.vmstore.core.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.error.VmStoreException;
import io.vmstore.spi.Transport.Request;

/** In whose words a request is made, and so answered. */
enum Dialect {
  OURS {
    @Override
    ObjectNode failure(VmStoreException failure) {
      return Replies.failure(failure);
    }

    @Override
    ObjectNode unsupported(String action, VmStoreException failure) {
      // The predecessor's text, for those who compare it.
      return Replies.failure(failure).put("error", LegacyTexts.UNSUPPORTED);
    }
  },

  /** The predecessor's, as docs/legacy.md has it. */
  LEGACY {
    @Override
    ObjectNode failure(VmStoreException failure) {
      return error(String.valueOf(failure.getMessage()));
    }

    @Override
    ObjectNode unsupported(String action, VmStoreException failure) {
      return error(LegacyTexts.unsupported(action));
    }
  };

  /**
   * {@return the dialect of a request} Its body does not tell: {@code unmap_zvol} with a {@code
   * zvol} is a request in both. What the transport saw does.
   */
  static Dialect of(Request request) {
    return request.legacy() ? LEGACY : OURS;
  }

  /** {@return a failure as the predecessor words it} */
  static ObjectNode error(String text) {
    return Json.object().put("status", "error").put("error", text);
  }

  abstract ObjectNode failure(VmStoreException failure);

  /** {@return the answer to an action that the node does not know in this dialect} */
  abstract ObjectNode unsupported(String action, VmStoreException failure);
}
