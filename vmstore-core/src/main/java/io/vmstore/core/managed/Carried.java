package io.vmstore.core.managed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields that vmstore does not use, as plain values and as JSON. */
final class Carried {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Carried() {}

  static Map<String, @Nullable Object> in(Map<String, JsonNode> fields) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    fields.forEach((name, node) -> values.put(name, value(node)));
    return values;
  }

  static void put(ObjectNode json, Map<String, @Nullable Object> fields) {
    fields.forEach((name, value) -> json.set(name, node(value)));
  }

  private static @Nullable Object value(JsonNode node) {
    return switch (node.getNodeType()) {
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> node.isIntegralNumber() ? node.bigIntegerValue() : node.decimalValue();
      case STRING -> node.textValue();
      case ARRAY -> list(node);
      case OBJECT -> map(node);
      default -> null;
    };
  }

  private static List<@Nullable Object> list(JsonNode array) {
    List<@Nullable Object> values = new ArrayList<>();
    array.forEach(element -> values.add(value(element)));
    return values;
  }

  private static Map<String, @Nullable Object> map(JsonNode object) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    object.properties().forEach(field -> values.put(field.getKey(), value(field.getValue())));
    return values;
  }

  private static JsonNode node(@Nullable Object value) {
    if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    }
    if (value instanceof String text) {
      return NODES.textNode(text);
    }
    if (value instanceof Long number) {
      return NODES.numberNode(number);
    }
    if (value instanceof BigInteger number) {
      return NODES.numberNode(number);
    }
    if (value instanceof BigDecimal number) {
      return NODES.numberNode(number);
    }
    return container(value);
  }

  private static JsonNode container(@Nullable Object value) {
    if (value instanceof List<?> list) {
      ArrayNode array = NODES.arrayNode();
      list.forEach(element -> array.add(node(element)));
      return array;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = NODES.objectNode();
      map.forEach((name, field) -> object.set(String.valueOf(name), node(field)));
      return object;
    }
    return NODES.nullNode();
  }
}
