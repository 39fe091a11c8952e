package io.vmstore.core.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.Request;
import io.vmstore.spi.Transport.RequestHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Messages as files; the predecessor's with peers that send and expect exactly those. */
final class Golden {
  static final Path FOLDER = Path.of("src/test/resources/golden/legacy");
  private static final Path OWN = Path.of("src/test/resources/golden/own");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Golden() {}

  static byte[] bytes(String file) {
    return bytes(FOLDER, file);
  }

  private static byte[] bytes(Path folder, String file) {
    try {
      return Files.readAllBytes(folder.resolve(file + ".json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void assertIs(byte[] message, String file) {
    assertThat(tree(message)).as(file).isEqualTo(tree(bytes(file)));
  }

  static void assertIsOwn(byte[] message, String file) {
    assertThat(tree(message)).as(file).isEqualTo(tree(bytes(OWN, file)));
  }

  private static JsonNode tree(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a request as an old peer does, and compares the reply. */
  static void assertAnswers(RequestHandler node, String request, String reply) {
    CompletableFuture<byte[]> answer =
        node.handle(new OldRequest("", bytes(request))).toCompletableFuture();
    assertThat(answer).isCompleted();
    assertIs(answer.join(), reply);
  }

  /** A request of the predecessor with two seconds to go, on a clock that stands still. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only
  record OldRequest(String sender, byte[] body) implements Request {
    @Override
    public String id() {
      return "17017017";
    }

    @Override
    public Deadline deadline() {
      return Deadline.after(Duration.ofSeconds(2), () -> 0);
    }

    @Override
    public boolean legacy() {
      return true;
    }
  }

  /** An old node that expects certain requests, in this order, and has an answer to each. */
  static class OldNode implements Transport {
    private record Exchange(@Nullable NodeName from, String request, String reply) {}

    private final Deque<Exchange> exchanges = new ArrayDeque<>();

    OldNode expect(@Nullable NodeName from, String request, String reply) {
      exchanges.add(new Exchange(from, request, reply));
      return this;
    }

    OldNode expect(String request, String reply) {
      return expect(null, request, reply);
    }

    void assertDone() {
      assertThat(exchanges).isEmpty();
    }

    @Override
    public CompletableFuture<Reply> requestLegacy(
        @Nullable NodeName from, NodeName to, byte[] body, Duration timeout) {
      Exchange exchange = exchanges.remove();
      assertThat(from).isEqualTo(exchange.from());
      assertIs(body, exchange.request());
      return CompletableFuture.completedFuture(new Reply("", bytes(exchange.reply())));
    }

    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      throw new AssertionError("asked in our own dialect");
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int maximumBodyBytes() {
      return Integer.MAX_VALUE;
    }

    @Override
    public void close() {}
  }
}
