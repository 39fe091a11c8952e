package io.vmstore.managed;

import io.vmstore.model.Iqn;
import java.util.Map;

/**
 * What a host says of itself, so that a volume can be exposed to it: os-brick's connector
 * properties.
 *
 * @param initiator the name under which it logs in
 * @param ip its address towards the storage
 * @param host its host name
 * @param platform the machine, such as {@code x86_64}
 * @param osType Python's {@code sys.platform}, {@code linux}
 * @param multipath whether it joins several paths into one device: it was asked to, and multipathd
 *     runs
 * @param doLocalAttach whether a volume on the host itself is used without iSCSI; vmstore never
 *     does
 * @param other the fields that vmstore does not know, as they came: texts, whole numbers, decimals,
 *     booleans, lists and maps
 */
public record ConnectorInfo(
    Iqn initiator,
    String ip,
    String host,
    String platform,
    String osType,
    boolean multipath,
    boolean doLocalAttach,
    Map<String, Object> other) {
  /** Keeps a copy. */
  public ConnectorInfo {
    other = Map.copyOf(other);
  }
}
