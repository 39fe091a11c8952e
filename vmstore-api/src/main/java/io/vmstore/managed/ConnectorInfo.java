package io.vmstore.managed;

import io.vmstore.model.Iqn;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
 * @param other the fields that vmstore does not use, as they came: texts, {@code Long} or {@code
 *     BigInteger}, {@code BigDecimal}, booleans, nulls, and lists and maps of these, not nested
 *     more than {@value Documents#DEEPEST} deep
 */
public record ConnectorInfo(
    Iqn initiator,
    String ip,
    String host,
    String platform,
    String osType,
    boolean multipath,
    boolean doLocalAttach,
    Map<String, @Nullable Object> other) {
  /**
   * Keeps a copy.
   *
   * @throws io.vmstore.error.VmStoreException INVALID_ARGUMENT when a field is of another type, or
   *     nested too deeply
   */
  public ConnectorInfo {
    other = Documents.copy(other);
  }
}
