package io.vmstore.core.desired;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.core.json.Json;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.desired.DesiredState;
import io.vmstore.desired.DesiredVolume;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.Iqn;
import io.vmstore.model.NodeName;
import io.vmstore.model.ZvolName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Documents of desired states as JSON, and as any tree that has the same form, such as one read
 * from YAML. A field that is not known is refused, because what it was to say would not be done.
 *
 * <p>Thread safety: stateless.
 */
public final class DesiredDocuments {
  /** Room for the most volumes with the longest names, and far from what exhausts a heap. */
  public static final int MOST_BYTES = 8 * 1024 * 1024;

  private static final int QUOTED_CHARACTERS = 80;
  private static final Set<String> FIELDS =
      Set.of("nas", "zvol", "state", "size", "host", "initiator", "from");

  private DesiredDocuments() {}

  /**
   * Reads a document.
   *
   * @throws VmStoreException INVALID_ARGUMENT when it is longer than {@value #MOST_BYTES} bytes, is
   *     not JSON, or does not have the form; the field is named
   */
  public static DesiredDocument read(byte[] json) {
    requireSize(json.length);
    return of(Json.tree(json, "document"));
  }

  /**
   * Refuses what is too long to be read.
   *
   * @throws VmStoreException INVALID_ARGUMENT
   */
  public static void requireSize(long bytes) {
    if (bytes > MOST_BYTES) {
      throw VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, "the document is too long")
          .reason("it has " + bytes + " bytes, and " + MOST_BYTES + " is the most")
          .correction("make several of it")
          .build();
    }
  }

  /**
   * {@return the document of a tree}
   *
   * @throws VmStoreException INVALID_ARGUMENT when it does not have the form; the field is named
   */
  public static DesiredDocument of(JsonNode tree) {
    requireOnly(tree, "", Set.of("volumes"));
    if (!(tree.get("volumes") instanceof ArrayNode array)) {
      throw invalid("volumes", "it must be a list of volumes");
    }
    List<DesiredVolume> volumes = new ArrayList<>();
    for (JsonNode volume : array) {
      volumes.add(volume(volume, "volumes[" + volumes.size() + "]"));
    }
    return new DesiredDocument(volumes);
  }

  private static DesiredVolume volume(JsonNode json, String path) {
    requireOnly(json, path, FIELDS);
    NodeName nas = needed(json, path, "nas", NodeName::new);
    ZvolName zvol = needed(json, path, "zvol", ZvolName::parse);
    DesiredState state = needed(json, path, "state", DesiredDocuments::state);
    ByteSize size = value(json, path, "size", ByteSize::parse);
    NodeName host = value(json, path, "host", NodeName::new);
    Iqn initiator = value(json, path, "initiator", Iqn::new);
    NodeName from = value(json, path, "from", NodeName::new);
    return at(path, () -> new DesiredVolume(nas, zvol, state, size, host, initiator, from));
  }

  private static DesiredState state(String text) {
    for (DesiredState state : DesiredState.values()) {
      if (word(state).equals(text)) {
        return state;
      }
    }
    List<String> words =
        List.of(DesiredState.values()).stream().map(DesiredDocuments::word).toList();
    throw VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "state '" + quoted(text) + "' is not known")
        .reason("a state is one of " + words)
        .correction("say one of them")
        .build();
  }

  private static String word(DesiredState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static void requireOnly(JsonNode json, String path, Set<String> fields) {
    if (!(json instanceof ObjectNode object)) {
      throw invalid(path, "it must have the fields " + fields.stream().sorted().toList());
    }
    for (String name : (Iterable<String>) object::fieldNames) {
      if (!fields.contains(name)) {
        throw invalid(
            path.isEmpty() ? quoted(name) : path + "." + quoted(name),
            "there is no such field, and the fields are " + fields.stream().sorted().toList());
      }
    }
  }

  private static <T> T needed(JsonNode json, String path, String name, Function<String, T> reader) {
    T value = value(json, path, name, reader);
    if (value == null) {
      throw invalid(path + "." + name, "it is missing");
    }
    return value;
  }

  private static <T> @Nullable T value(
      JsonNode json, String path, String name, Function<String, T> reader) {
    String field = path + "." + name;
    JsonNode node = json.get(name);
    if (node == null || node.isNull()) {
      return null;
    }
    // YAML takes 4096, and a name of digits, for a number.
    if (!node.isTextual() && !node.isIntegralNumber()) {
      throw invalid(field, "it must be a text and is " + quoted(node.toString()));
    }
    return at(field, () -> reader.apply(node.asText()));
  }

  private interface Reading<T> {
    T value();
  }

  private static <T> T at(String path, Reading<T> reading) {
    try {
      return reading.value();
    } catch (VmStoreException e) {
      throw VmStoreException.builder(e.code(), problem(path))
          .reason(e.reason().isEmpty() ? e.problem() : e.problem() + ": " + e.reason())
          .correction(e.correction())
          .build();
    }
  }

  private static VmStoreException invalid(String path, String reason) {
    return VmStoreException.builder(ErrorCode.INVALID_ARGUMENT, problem(path))
        .reason(reason)
        .correction("see docs/desired-state.md for the fields of a document")
        .build();
  }

  private static String problem(String path) {
    return Optional.of(path)
        .filter(named -> !named.isEmpty())
        .map(named -> "'" + named + "' of the document is not valid")
        .orElse("the document is not valid");
  }

  private static String quoted(String text) {
    return Printable.ascii(text, QUOTED_CHARACTERS);
  }
}
