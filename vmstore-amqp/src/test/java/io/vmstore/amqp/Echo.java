package io.vmstore.amqp;

import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.Request;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** A node that answers with what it was sent, at once or when the test lets it. */
final class Echo {
  static final Duration TIMEOUT = Duration.ofSeconds(20);

  final NodeName name = new NodeName("node-" + UUID.randomUUID());
  final List<Request> requests = new CopyOnWriteArrayList<>();
  final CompletableFuture<byte[]> held = new CompletableFuture<>();

  /** Answers at once. */
  Echo serveOn(Transport transport) {
    transport.serve(name, this::answer);
    return this;
  }

  /** Answers the body {@code hold} only when {@link #held} is completed, others at once. */
  private CompletableFuture<byte[]> answer(Request request) {
    requests.add(request);
    return text(request.body()).equals("hold")
        ? held
        : CompletableFuture.completedFuture(request.body());
  }

  List<String> bodies() {
    return requests.stream().map(request -> text(request.body())).toList();
  }

  CompletableFuture<byte[]> askOn(Transport transport, String body) {
    return askOn(transport, body, TIMEOUT);
  }

  CompletableFuture<byte[]> askOn(Transport transport, String body, Duration timeout) {
    return transport.request(name, bytes(body), timeout).thenApply(Transport.Reply::body);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
