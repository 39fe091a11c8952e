package io.vmstore.desired;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What several volumes should be. They are independent of one another: brought about at once, in no
 * order, and one that fails leaves the others what they are.
 *
 * @param volumes at most {@value #MOST_VOLUMES}, none twice
 */
public record DesiredDocument(List<DesiredVolume> volumes) {
  /** As many as a NAS is made for. */
  public static final int MOST_VOLUMES = 10_000;

  private record Name(NodeName nas, ZvolName zvol) {}

  /**
   * Keeps a copy and checks it.
   *
   * @throws VmStoreException INVALID_ARGUMENT when a volume is in it twice, or there are too many
   */
  public DesiredDocument {
    volumes = List.copyOf(volumes);
    if (volumes.size() > MOST_VOLUMES) {
      throw invalid(
          "it has " + volumes.size() + " volumes, and " + MOST_VOLUMES + " is the most",
          "make several of it");
    }
    Map<Name, Integer> seen = new HashMap<>();
    for (int i = 0; i < volumes.size(); i++) {
      DesiredVolume volume = volumes.get(i);
      Integer before = seen.put(new Name(volume.nas(), volume.zvol()), i);
      if (before != null) {
        throw invalid(
            "volume '"
                + volume.zvol()
                + "' of '"
                + volume.nas()
                + "' is in it twice, as volumes["
                + before
                + "] and volumes["
                + i
                + "]",
            "say one state a volume, or apply one document after the other");
      }
    }
  }

  private static VmStoreException invalid(String reason, String correction) {
    return VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the document is not valid")
        .reason(reason)
        .correction(correction)
        .build();
  }

  /** {@return a document of these} */
  public static DesiredDocument of(DesiredVolume... volumes) {
    return new DesiredDocument(List.of(volumes));
  }
}
