package io.vmstore.core.protocol;

import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The texts and units of the predecessor, which its frontends and their users compare. */
final class LegacyTexts {
  static final String UNSUPPORTED = "action_unsupported";
  static final String ALREADY_MAPPED = "Error when mapping zvol: already mapped";
  static final String NO_SYNC =
      "sync is not supported: vmstore keeps no local copy on compute nodes; map with img_sync=false";

  private static final Set<String> ATTRIBUTES =
      Set.of("get_zvol_attrs", "set_zvol_attrs", "get_attrs", "set_attrs", "del_attrs");
  private static final ByteSize UNIT = ByteSize.gibibytes(1);

  /** What the texts mean, when somebody else says them; the text is all there is. */
  private static final Map<Pattern, ErrorCode> MEANINGS = meanings();

  private LegacyTexts() {}

  private static Map<Pattern, ErrorCode> meanings() {
    Map<Pattern, ErrorCode> meanings = new LinkedHashMap<>();
    meanings.put(Pattern.compile("ZVol .* is busy"), ErrorCode.BUSY);
    meanings.put(Pattern.compile("ZVol .* not found in database"), ErrorCode.NOT_FOUND);
    meanings.put(Pattern.compile("ZVol .* is not mapped"), ErrorCode.FAILED_PRECONDITION);
    meanings.put(Pattern.compile(ALREADY_MAPPED), ErrorCode.FAILED_PRECONDITION);
    meanings.put(
        Pattern.compile("Error deleting zvol .*: is mapped"), ErrorCode.FAILED_PRECONDITION);
    meanings.put(Pattern.compile("Compute node .* is unavailable"), ErrorCode.UNAVAILABLE);
    meanings.put(Pattern.compile(UNSUPPORTED), ErrorCode.UNIMPLEMENTED);
    return meanings;
  }

  /** {@return the code of a text of the predecessor; none when it says nothing certain} */
  static Optional<ErrorCode> meaning(String text) {
    return MEANINGS.entrySet().stream()
        .filter(meaning -> meaning.getKey().matcher(text).matches())
        .map(Map.Entry::getValue)
        .findFirst();
  }

  static String busy(String zvol) {
    return "ZVol " + zvol + " is busy";
  }

  static String notFound(String zvol) {
    return "ZVol " + zvol + " not found in database";
  }

  static String notMapped(String zvol) {
    return "ZVol " + zvol + " is not mapped";
  }

  static String isMapped(String zvol) {
    return "Error deleting zvol " + zvol + ": is mapped";
  }

  static String unavailable(String compute) {
    return "Compute node " + compute + " is unavailable";
  }

  static String unsupported(String action) {
    return ATTRIBUTES.contains(action)
        ? "'" + action + "' is not supported: vmstore has no attributes of volumes or nodes"
        : UNSUPPORTED;
  }

  /**
   * {@return the text for a failure of a volume's operation on a NAS}
   *
   * @param compute what a failure that the compute node reported begins with
   */
  static String of(VmStoreException failure, String zvol, String compute) {
    String unreachable = failure.details().get(RemoteNode.UNREACHABLE);
    if (unreachable != null) {
      return unavailable(unreachable);
    }
    if (failure.code() == ErrorCode.BUSY) {
      return busy(zvol);
    }
    if (failure.code() == ErrorCode.NOT_FOUND && !failure.details().containsKey("node")) {
      return notFound(zvol);
    }
    String text = String.valueOf(failure.getMessage());
    return failure.details().containsKey("node") ? compute + text : text;
  }

  static String attaching() {
    return "Error attaching iSCSI target to compute node: ";
  }

  static String detaching() {
    return "Error detaching iSCSI target from compute node: ";
  }

  /** {@return a size that is given as a number of gigabytes, or as a text of one} */
  static ByteSize size(JsonFields json) {
    return ByteSize.gibibytes(json.numberOrText("size"));
  }

  /** {@return the gigabytes that hold a size} */
  static String gigabytes(ByteSize size) {
    return Long.toString(size.roundedUpTo(UNIT).bytes() / UNIT.bytes());
  }

  static ByteSize wholeGigabytes(ByteSize size) {
    return size.roundedUpTo(UNIT);
  }
}
