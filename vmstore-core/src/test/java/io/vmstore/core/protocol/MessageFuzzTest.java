package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vmstore.CallOptions;
import io.vmstore.ComputeService;
import io.vmstore.NasService;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.core.json.Json;
import io.vmstore.core.json.JsonFields;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.fuzz.Fuzz;
import io.vmstore.model.Deadline;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.Reply;
import io.vmstore.spi.Transport.Request;
import io.vmstore.spi.Transport.RequestHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whatever comes as a request is answered, and whatever comes as a reply is read or refused. */
class MessageFuzzTest {
  private static final Authorization ANYBODY = Authorization.ofOneUser("*");
  private static final NodeName NODE = new NodeName("n1");
  private static final List<Function<JsonFields, Object>> READERS =
      List.of(
          Values::mapping,
          Values::exposure,
          Values::size,
          json -> Replies.zvols(json, 1_000),
          Replies::findings,
          Replies::initiator,
          Replies::device,
          Replies::devices);

  private final HandScheduler scheduler = new HandScheduler();

  @Test
  void everyRequestShouldBeAnswered() {
    List<RequestHandler> nodes =
        List.of(
            RequestDispatcher.forNas(
                unavailable(NasService.class), new PoolName("tank"), scheduler, ANYBODY),
            RequestDispatcher.forCompute(unavailable(ComputeService.class), scheduler, ANYBODY));
    Fuzz.of(MessageFuzzTest.class, "request")
        .check(
            input -> {
              nodes.forEach(node -> requireAnswer(node, input));
              nodes.forEach(node -> requireOldAnswer(node, input));
            });
  }

  private static void requireOldAnswer(RequestHandler node, byte[] input) {
    byte[] answer = node.handle(new Message(input, true)).toCompletableFuture().join();
    JsonFields json = Json.read(answer, "answer");
    if (!json.text("status").equals("error") || json.text("error").startsWith("INTERNAL")) {
      throw new AssertionError(new String(answer, UTF_8));
    }
  }

  private static void requireAnswer(RequestHandler node, byte[] input) {
    byte[] answer = node.handle(new Message(input, false)).toCompletableFuture().join();
    JsonFields json = Json.read(answer, "answer");
    String code = Replies.failure(json, NODE).orElseThrow().code().name();
    if (!Set.of("UNAVAILABLE", "INVALID_ARGUMENT", "UNIMPLEMENTED").contains(code)) {
      throw new AssertionError(new String(answer, UTF_8));
    }
  }

  /** A role that would do what it is asked for, if it could. */
  private static <T> T unavailable(Class<T> role) {
    return role.cast(
        Proxy.newProxyInstance(
            role.getClassLoader(),
            new Class<?>[] {role},
            (proxy, method, arguments) ->
                CompletableFuture.failedFuture(
                    VmStoreException.builder(ErrorCode.UNAVAILABLE, "no").build())));
  }

  @Test
  void everyReplyShouldBeReadOrRefused() {
    Fuzz.of(MessageFuzzTest.class, "reply")
        .check(input -> READERS.forEach(reader -> requireRead(input, reader)));
  }

  private static void requireRead(byte[] input, Function<JsonFields, Object> reader) {
    RemoteNode node = new RemoteNode(new Parrot(input), NODE, Role.NAS, ANYBODY);
    // No time to ask again a node that says when it will have time.
    CallOptions options = CallOptions.within(Duration.ofMillis(1));
    Fuzz.parsed(
        EnumSet.allOf(ErrorCode.class),
        () -> {
          try {
            Object read = node.call(Action.MAP_ZVOL, options, json -> {}, reader).join();
            Fuzz.requireEqual(read, reader.apply(Json.read(input, "reply")));
            return read;
          } catch (CompletionException e) {
            throw (RuntimeException) e.getCause();
          }
        });
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Message(String id, byte[] body, boolean legacy) implements Request {
    private static int number;

    Message(byte[] body, boolean legacy) {
      this("message-" + number++, body, legacy);
    }

    @Override
    public String sender() {
      return "somebody";
    }

    @Override
    public Deadline deadline() {
      return Deadline.after(Duration.ofSeconds(2), () -> 0);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Parrot(byte[] answer) implements Transport {
    @Override
    public CompletableFuture<Reply> request(NodeName to, byte[] body, Duration timeout) {
      return CompletableFuture.completedFuture(new Reply("n1", answer));
    }

    @Override
    public void serve(NodeName name, RequestHandler handler) {}

    @Override
    public int maximumBodyBytes() {
      return Integer.MAX_VALUE;
    }

    @Override
    public void close() {}
  }
}
