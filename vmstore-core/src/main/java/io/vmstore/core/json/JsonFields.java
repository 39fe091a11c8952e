package io.vmstore.core.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The fields of a JSON object, each asked for by name and type. A missing, null or wrongly typed
 * field is INVALID_ARGUMENT; fields nobody asks for are ignored, so that a newer peer may send
 * more.
 *
 * <p>Obtained from {@link Json#read}. Thread safety: immutable.
 */
public final class JsonFields {
  /** Beyond it a reader of JSON may lose a number's last digits; far from where a long ends. */
  private static final long HIGHEST_COUNT = (1L << 53) - 1;

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,9}");

  /** As oslo_utils' strutils has them, which OpenStack's programs read booleans with. */
  private static final Set<String> TRUE = Set.of("1", "t", "true", "on", "y", "yes");

  private static final Set<String> FALSE = Set.of("0", "f", "false", "off", "n", "no");

  private final ObjectNode object;
  private final String what;
  private final String manual;
  private final boolean confidential;

  JsonFields(ObjectNode object, String what) {
    this(object, what, "docs/protocol.md", false);
  }

  private JsonFields(ObjectNode object, String what, String manual, boolean confidential) {
    this.object = object;
    this.what = what;
    this.manual = manual;
    this.confidential = confidential;
  }

  /** {@return the same fields, as those of another document, which another page tells of} */
  public JsonFields as(String document, String page) {
    return new JsonFields(object, document, page, confidential);
  }

  /**
   * Refuses a record that is kept under another one's name.
   *
   * @throws VmStoreException INVALID_ARGUMENT
   */
  public static void requireKey(String key, String wanted) {
    if (!key.equals(wanted)) {
      throw VmStoreException.builder(
              ErrorCode.INVALID_ARGUMENT, "a record under the key '" + key + "' is not valid")
          .reason("it is the record of '" + wanted + "'")
          .correction("give it back its name, if there is no other of that name")
          .build();
    }
  }

  /** {@return a field that must be a text} */
  public String text(String name) {
    return optionalText(name).orElseThrow(() -> wrong(name, "a text"));
  }

  /** {@return a field that is a text when it is there and not null} */
  public Optional<String> optionalText(String name) {
    return present(name).map(node -> checked(node.isTextual(), node, name, "a text").textValue());
  }

  /** {@return a field that must be a whole number of 64 bits} */
  public long number(String name) {
    return optionalNumber(name).orElseThrow(() -> wrong(name, "a whole number"));
  }

  /** {@return a field that is a whole number of 64 bits when it is there and not null} */
  public Optional<Long> optionalNumber(String name) {
    return present(name)
        .map(
            node ->
                checked(
                        node.isIntegralNumber() && node.canConvertToLong(),
                        node,
                        name,
                        "a whole number")
                    .longValue());
  }

  /** {@return a field that must be a number of at most nine digits, or a text of one} */
  public long numberOrText(String name) {
    String digits = present(name).map(JsonNode::asText).orElse("");
    if (!DIGITS.matcher(digits).matches()) {
      throw wrong(name, "a whole number or a text of one");
    }
    return Long.parseLong(digits);
  }

  /** {@return a field that must be an array of such numbers} */
  public List<Long> numbersOrTexts(String name) {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode element : array(name)) {
      String wanted = "an array of whole numbers or texts of them";
      String digits = checked(element.isValueNode(), element, name, wanted).asText();
      checked(DIGITS.matcher(digits).matches(), element, name, wanted);
      numbers.add(Long.parseLong(digits));
    }
    return numbers;
  }

  /** {@return whether a field is there and not null} */
  public boolean has(String name) {
    return present(name).isPresent();
  }

  /** {@return a field that is a text when it is there and not null, and that no error repeats} */
  public Optional<String> optionalSecret(String name) {
    return present(name)
        .map(
            node -> {
              if (!node.isTextual()) {
                throw wrong(name, "a text", node.getNodeType().toString());
              }
              return node.textValue();
            });
  }

  /**
   * {@return a field that is true or false when it is there and not null, as a boolean, a number or
   * a word of either}
   */
  public Optional<Boolean> looseFlag(String name) {
    return present(name)
        .map(
            node -> {
              String word = node.asText().toLowerCase(Locale.ROOT);
              checked(
                  node.isValueNode() && (TRUE.contains(word) || FALSE.contains(word)),
                  node,
                  name,
                  "true or false");
              return TRUE.contains(word);
            });
  }

  /** {@return the fields that have none of these names, as they came} */
  public Map<String, JsonNode> except(Set<String> names) {
    Map<String, JsonNode> others = new LinkedHashMap<>();
    object
        .properties()
        .forEach(
            field -> {
              if (!names.contains(field.getKey())) {
                others.put(field.getKey(), field.getValue());
              }
            });
    return others;
  }

  /** {@return a field that must be a number of things counted: from 0 to 2^53-1} */
  public long count(String name) {
    long count = number(name);
    if (count < 0 || count > HIGHEST_COUNT) {
      throw wrong(name, "a whole number from 0 to 2^53-1");
    }
    return count;
  }

  /** {@return a field that must be the name of one of the constants} */
  public <E extends Enum<E>> E constant(String name, Class<E> type) {
    String found = text(name);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(found)) {
        return constant;
      }
    }
    throw wrong(name, "one of " + Arrays.toString(type.getEnumConstants()));
  }

  /** {@return a field that is true or false, or absent, which is false} */
  public boolean flag(String name) {
    return present(name)
        .map(node -> checked(node.isBoolean(), node, name, "true or false").booleanValue())
        .orElse(false);
  }

  /** {@return a field that must be an array of texts} */
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : array(name)) {
      texts.add(checked(element.isTextual(), element, name, "an array of texts").textValue());
    }
    return texts;
  }

  /** {@return a field that must be an array of objects} */
  public List<JsonFields> objects(String name) {
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode element : array(name)) {
      objects.add(fields(element, name));
    }
    return objects;
  }

  /** {@return a field that is an object when it is there and not null} */
  public Optional<JsonFields> optionalObject(String name) {
    return present(name).map(node -> fields(node, name));
  }

  /** {@return the same, for an object whose values no error may repeat} */
  public Optional<JsonFields> confidentialObject(String name) {
    return present(name)
        .map(
            node -> {
              if (node instanceof ObjectNode inner) {
                return new JsonFields(inner, what, manual, true);
              }
              throw wrong(name, "an object", node.getNodeType().toString());
            });
  }

  /**
   * {@return a field that is an object of texts, or absent, which is empty; in the order written}
   */
  public Map<String, String> textMap(String name) {
    Map<String, String> map = new LinkedHashMap<>();
    optionalObject(name)
        .ifPresent(
            inner ->
                inner.object.fieldNames().forEachRemaining(key -> map.put(key, inner.text(key))));
    return map;
  }

  /** {@return a field that must be an object of objects, in the order written} */
  public Map<String, JsonFields> objectMap(String name) {
    JsonFields inner = optionalObject(name).orElseThrow(() -> wrong(name, "an object"));
    Map<String, JsonFields> map = new LinkedHashMap<>();
    inner
        .object
        .properties()
        .forEach(field -> map.put(field.getKey(), fields(field.getValue(), name)));
    return map;
  }

  private Iterable<JsonNode> array(String name) {
    JsonNode node = present(name).orElseThrow(() -> wrong(name, "an array"));
    return checked(node.isArray(), node, name, "an array");
  }

  private JsonFields fields(JsonNode node, String name) {
    if (node instanceof ObjectNode inner) {
      return new JsonFields(inner, what, manual, confidential);
    }
    throw wrong(name, "an object");
  }

  private Optional<JsonNode> present(String name) {
    return Optional.ofNullable(object.get(name)).filter(node -> !node.isNull());
  }

  private JsonNode checked(boolean fits, JsonNode node, String name, String wanted) {
    if (!fits) {
      throw wrong(name, wanted);
    }
    return node;
  }

  private VmStoreException wrong(String name, String wanted) {
    JsonNode found = object.get(name);
    return wrong(
        name,
        wanted,
        confidential && found != null ? found.getNodeType().toString() : String.valueOf(found));
  }

  private VmStoreException wrong(String name, String wanted, String found) {
    String quoted = Printable.ascii(found, Json.QUOTED_CHARACTERS);
    String field = Printable.ascii(name, Json.QUOTED_CHARACTERS);
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "field '" + field + "' of the " + what + " is not valid")
        .reason(object.has(name) ? "it must be " + wanted + " and is " + quoted : "it is missing")
        .correction("see " + manual + " for the fields of this document")
        .build();
  }
}
