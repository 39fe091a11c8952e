package io.vmstore.core.protocol;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A compute node of the predecessor that a NAS drives.
 *
 * @param name its name, which is its routing key
 * @param initiator the name under which it logs in to targets; null when it can be asked for it, as
 *     only the predecessor's later versions can
 */
public record LegacyPeer(NodeName name, @Nullable Iqn initiator) {
  /**
   * {@return the peers by their names}
   *
   * @throws VmStoreException INVALID_ARGUMENT when one is there twice
   */
  public static Map<NodeName, LegacyPeer> byName(Collection<LegacyPeer> peers) {
    Map<NodeName, LegacyPeer> named = new LinkedHashMap<>();
    for (LegacyPeer peer : peers) {
      if (named.put(peer.name(), peer) != null) {
        throw invalid(peer.name().value(), "it is named twice");
      }
    }
    return Collections.unmodifiableMap(named);
  }

  /**
   * Reads {@code compute1} or {@code compute1=iqn.1994-05.com.redhat:compute1}.
   *
   * @throws VmStoreException INVALID_ARGUMENT when it is neither
   */
  public static LegacyPeer parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      return new LegacyPeer(new NodeName(text), null);
    }
    if (equals == text.length() - 1) {
      throw invalid(text, "the initiator's name is missing");
    }
    return new LegacyPeer(
        new NodeName(text.substring(0, equals)), new Iqn(text.substring(equals + 1)));
  }

  private static VmStoreException invalid(String text, String reason) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "legacy peer '" + text + "' is not valid")
        .reason(reason)
        .correction("write each as NAME, or NAME=IQN")
        .build();
  }
}
