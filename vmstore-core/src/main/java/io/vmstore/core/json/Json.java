package io.vmstore.core.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.Printable;
import io.vmstore.error.VmStoreException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** JSON documents as bytes and as trees. Thread safety: stateless. */
public final class Json {
  /** Deeper than any message of ours, far from the depth that exhausts a stack. */
  private static final int DEEPEST = 16;

  static final int QUOTED_CHARACTERS = 80;

  /** What Java puts in the place of bytes that are not UTF-8. */
  private static final char REPLACEMENT = '\ufffd';

  /** Begins a character that is written by its number (RFC 8259, 7). */
  private static final String ESCAPE = "\\u";

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /** {@return an empty object to be filled} */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** {@return the document as UTF-8} */
  public static byte[] write(ObjectNode document) {
    try {
      return MAPPER.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e); // a tree made by this process is always writable
    }
  }

  /**
   * Reads a document.
   *
   * @param what names it in errors, such as {@code request}
   * @throws VmStoreException INVALID_ARGUMENT when it is not exactly one JSON object in UTF-8,
   *     repeats a field, or is nested too deeply
   */
  public static JsonFields read(byte[] bytes, String what) {
    return new JsonFields(tree(bytes, what, true), what);
  }

  /** As {@link #read}, for a document that has secrets: an error says where it is, not what. */
  public static JsonFields readConfidential(byte[] bytes, String what) {
    return new JsonFields(tree(bytes, what, false), what);
  }

  /**
   * Reads a document as {@link #read} does, for whoever wants to see every field that is in it.
   *
   * @param what names it in errors
   */
  public static ObjectNode tree(byte[] bytes, String what) {
    return tree(bytes, what, true);
  }

  private static ObjectNode tree(byte[] bytes, String what, boolean quote) {
    String text;
    JsonNode tree;
    try {
      text = text(bytes);
      tree = MAPPER.readTree(text);
    } catch (CharacterCodingException e) {
      throw malformed(what, "its bytes are not UTF-8");
    } catch (JsonProcessingException e) {
      throw malformed(what, quote ? e.getOriginalMessage() : place(e.getLocation()));
    }
    if (text.contains(ESCAPE)) {
      refuseHalves(tree, what, quote);
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    throw malformed(what, "it is a JSON " + tree.getNodeType() + ", not an object");
  }

  private static String place(@Nullable JsonLocation at) {
    if (at == null) { // a limit of Jackson's was reached, which it does not place
      return "it is nested too deeply, or has too long a name or number";
    }
    return "line " + at.getLineNr() + ", column " + at.getColumnNr() + " cannot be read";
  }

  /**
   * Jackson by itself takes UTF-16 and UTF-32 as well, and forms of UTF-8 that are longer than need
   * be, in which whoever looked before did not see what is read now.
   */
  private static String text(byte[] bytes) throws CharacterCodingException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.indexOf(REPLACEMENT) < 0
        ? text // many times as fast, and nothing was replaced
        : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  /**
   * Half a surrogate pair, which nothing but an escape can write, is no text and cannot be written
   * again. In the names of fields Jackson refuses it by itself.
   */
  private static void refuseHalves(JsonNode node, String what, boolean quote) {
    if (node.isTextual()) {
      refuseHalves(node.textValue(), what, quote);
    }
    for (JsonNode element : node) {
      refuseHalves(element, what, quote);
    }
  }

  private static void refuseHalves(String text, String what, boolean quote) {
    if (text.codePoints().anyMatch(point -> Character.getType(point) == Character.SURROGATE)) {
      String quoted = quote ? "'" + Printable.ascii(text, QUOTED_CHARACTERS) + "'" : "a text of it";
      throw malformed(what, quoted + " has half a surrogate pair");
    }
  }

  private static VmStoreException malformed(String what, String why) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "the " + what + " is not a JSON object")
        .reason(why)
        .correction("send one JSON object in UTF-8")
        .build();
  }
}
