package io.vmstore.examples.cli;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.vmstore.core.desired.DesiredDocuments;
import io.vmstore.desired.DesiredDocument;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.yaml.snakeyaml.LoaderOptions;

/** A document of desired states in a file: YAML, of which JSON is a part. */
final class DesiredFile {
  private static final String STANDARD_INPUT = "-";

  private DesiredFile() {}

  /**
   * {@return the document in a file, or on standard input when the name is {@code -}}
   *
   * @throws VmStoreException NOT_FOUND when there is no such file, INVALID_ARGUMENT when it is not
   *     a document of desired states
   */
  static DesiredDocument read(String name) {
    return DesiredDocuments.of(tree(name, bytes(name)));
  }

  private static byte[] bytes(String name) {
    try (InputStream in =
        name.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(Path.of(name))) {
      byte[] bytes = in.readNBytes(DesiredDocuments.MOST_BYTES + 1);
      DesiredDocuments.requireSize(bytes.length);
      return bytes;
    } catch (IOException e) {
      throw VmStoreException.builder(ErrorCode.NOT_FOUND, "cannot read the document '" + name + "'")
          .reason(e.toString())
          .correction("give a file that can be read, or '-' for standard input")
          .cause(e)
          .build();
    }
  }

  private static JsonNode tree(String name, byte[] bytes) {
    try {
      return mapper()
          .readTree(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      throw malformed(name, "its bytes are not UTF-8");
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : "line " + at.getLineNr() + ": ";
      throw malformed(name, line + e.getOriginalMessage());
    }
  }

  /** An alias may stand for anything, many times over; nobody writes one here. */
  private static ObjectMapper mapper() {
    LoaderOptions limits = new LoaderOptions();
    limits.setMaxAliasesForCollections(0);
    limits.setNestingDepthLimit(16);
    limits.setCodePointLimit(DesiredDocuments.MOST_BYTES);
    return new ObjectMapper(
            YAMLFactory.builder()
                .loaderOptions(limits)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  private static VmStoreException malformed(String name, String why) {
    return VmStoreException.builder(
            ErrorCode.INVALID_ARGUMENT, "the document '" + name + "' is not YAML")
        .reason(why)
        .correction("correct that line; docs/desired-state.md has an example")
        .build();
  }
}
