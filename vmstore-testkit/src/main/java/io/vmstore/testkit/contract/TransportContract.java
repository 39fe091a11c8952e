package io.vmstore.testkit.contract;

import static io.vmstore.testkit.contract.Checks.answer;
import static io.vmstore.testkit.contract.Checks.assertFails;
import static io.vmstore.testkit.contract.Checks.assertRefused;
import static io.vmstore.testkit.contract.Checks.cannot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.NodeName;
import io.vmstore.spi.Transport;
import io.vmstore.spi.Transport.RequestHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link Transport} promises. A subclass says how to open transports that reach each
 * other; nothing must listen on them under the names {@code nas1}, {@code nas10} and {@code vm1}.
 */
public abstract class TransportContract {
  private static final NodeName NAS = new NodeName("nas1");
  private static final NodeName OTHER_NAS = new NodeName("nas10");
  private static final NodeName COMPUTE = new NodeName("vm1");

  /** Time that is never used up by a call that works. */
  private static final Duration AMPLE = Duration.ofSeconds(20);

  private final List<Transport> opened = new ArrayList<>();
  private Transport server;
  private Transport caller;

  /** {@return a transport of a machine of that name, connected to the same network each time} */
  protected abstract Transport open(String machine);

  /** {@return a time-out that passes soon, and yet not before a request has arrived} */
  protected Duration shortTimeout() {
    return Duration.ofMillis(500);
  }

  /** {@return how long something that should happen at once may take at most} */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  /** Breaks the connections of all open transports, which may come back at once. */
  protected void breakConnections() {
    throw cannot("lose its connection");
  }

  /** {@return the sender that receivers see for a transport opened for that machine} */
  protected String senderOf(String machine) {
    throw cannot("prove who sent a request");
  }

  @BeforeEach
  final void openTransports() {
    server = opened("server");
    caller = opened("caller");
  }

  @AfterEach
  final void closeTransports() {
    opened.forEach(Transport::close);
  }

  private Transport opened(String machine) {
    Transport transport = open(machine);
    opened.add(transport);
    return transport;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static RequestHandler echo(String prefix) {
    return request -> CompletableFuture.completedFuture(bytes(prefix + text(request.body())));
  }

  private String ask(NodeName to, String body) {
    return text(answer(request(caller, to, bytes(body), AMPLE), AMPLE));
  }

  private static CompletableFuture<byte[]> request(
      Transport from, NodeName to, byte[] body, Duration timeout) {
    return from.request(to, body, timeout).thenApply(Transport.Reply::body);
  }

  private CompletableFuture<byte[]> send(NodeName to, String body, Duration timeout) {
    return request(caller, to, bytes(body), timeout);
  }

  @Test
  void requestShouldReturnTheReply() {
    server.serve(NAS, echo("re: "));
    assertThat(ask(NAS, "hello")).isEqualTo("re: hello");
    assertThat(ask(NAS, "again")).isEqualTo("re: again");
  }

  @Test
  void requestShouldReachOnlyTheNodeThatIsNamed() {
    server.serve(NAS, echo("nas1 "));
    opened("other").serve(OTHER_NAS, echo("nas10 "));
    assertThat(ask(OTHER_NAS, "a")).isEqualTo("nas10 a");
    assertThat(ask(NAS, "b")).isEqualTo("nas1 b");
  }

  @Test
  void oneTransportShouldServeSeveralNames() {
    server.serve(NAS, echo("nas1 "));
    server.serve(COMPUTE, echo("vm1 "));
    assertThat(ask(NAS, "a")).isEqualTo("nas1 a");
    assertThat(ask(COMPUTE, "b")).isEqualTo("vm1 b");
  }

  @Test
  void aTransportShouldReachItself() {
    caller.serve(NAS, echo("self "));
    assertThat(ask(NAS, "a")).isEqualTo("self a");
  }

  @Test
  void aHandlerShouldBeAbleToAskAnotherNode() {
    Transport compute = opened("compute");
    compute.serve(COMPUTE, echo("vm1 "));
    server.serve(NAS, request -> request(server, COMPUTE, request.body(), AMPLE));
    assertThat(ask(NAS, "through")).isEqualTo("vm1 through");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1024 * 1024})
  void bytesShouldArriveAsTheyWereSent(int length) {
    byte[] body = new byte[length];
    for (int i = 0; i < length; i++) {
      body[i] = (byte) (i * 31);
    }
    server.serve(NAS, request -> CompletableFuture.completedFuture(request.body()));
    assertThat(answer(request(caller, NAS, body, AMPLE), AMPLE)).isEqualTo(body);
  }

  @Test
  void theLongestBodyShouldArrive() {
    byte[] body = new byte[caller.maximumBodyBytes()];
    Arrays.fill(body, (byte) 'x');
    server.serve(
        NAS,
        request -> CompletableFuture.completedFuture(bytes(String.valueOf(request.body().length))));
    assertThat(text(answer(request(caller, NAS, body, AMPLE), AMPLE)))
        .isEqualTo(String.valueOf(body.length));
  }

  @Test
  void aLongerBodyShouldBeRefused() {
    server.serve(NAS, echo(""));
    byte[] body = new byte[caller.maximumBodyBytes() + 1];
    assertRefused(
        ErrorCode.INVALID_ARGUMENT, () -> answer(request(caller, NAS, body, AMPLE), AMPLE));
    assertThat(ask(NAS, "still there")).isEqualTo("still there");
  }

  @Test
  void whatTheCallerDoesToItsArrayShouldNotReachTheRequest() {
    CountDownLatch changed = new CountDownLatch(1);
    server.serve(
        NAS,
        request -> {
          await(changed);
          return CompletableFuture.completedFuture(request.body());
        });
    byte[] body = bytes("before");
    CompletableFuture<byte[]> reply = request(caller, NAS, body, AMPLE);
    Arrays.fill(body, (byte) '!');
    changed.countDown();
    assertThat(text(answer(reply, AMPLE))).isEqualTo("before");
  }

  @Test
  void requestsShouldHaveNamesOfTheirOwn() {
    Set<String> ids = ConcurrentHashMap.newKeySet();
    server.serve(
        NAS,
        request -> {
          ids.add(request.id());
          return CompletableFuture.completedFuture(request.body());
        });
    for (int i = 0; i < 20; i++) {
      ask(NAS, "same");
    }
    assertThat(ids).hasSize(20).allSatisfy(id -> assertThat(id).isNotBlank());
  }

  @Test
  void aRequestShouldSayUntilWhenItsCallerWaits() {
    BlockingQueue<Duration> seen = new LinkedBlockingQueue<>();
    server.serve(
        NAS,
        request -> {
          seen.add(request.deadline().remaining());
          return CompletableFuture.completedFuture(request.body());
        });
    ask(NAS, "a");
    assertThat(seen.remove()).isPositive().isLessThanOrEqualTo(AMPLE);
  }

  @Test
  void aRequestShouldSayWhoSentItWhereThatCanBeProved() {
    server.serve(NAS, request -> CompletableFuture.completedFuture(bytes(request.sender())));
    assertThat(ask(NAS, "who")).isEqualTo(senderOf("caller"));
  }

  @Test
  void aReplyShouldSayWhoSentItWhereThatCanBeProved() {
    String answering = senderOf("server");
    server.serve(NAS, echo(""));
    Transport.Reply reply = answer(caller.request(NAS, bytes("who"), AMPLE), AMPLE);
    assertThat(reply.sender()).isEqualTo(answering);
  }

  @Test
  void aHandlerShouldGetARequestOnce() {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    server.serve(
        NAS,
        request -> {
          seen.add(text(request.body()));
          return CompletableFuture.completedFuture(request.body());
        });
    ask(NAS, "one");
    ask(NAS, "two");
    assertThat(seen).containsExactly("one", "two");
  }

  @Test
  void aReplyShouldReachOnlyItsCaller() {
    server.serve(NAS, echo(""));
    Transport another = opened("another");
    List<CompletableFuture<byte[]>> mine = new ArrayList<>();
    List<CompletableFuture<byte[]>> theirs = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      mine.add(request(caller, NAS, bytes("mine " + i), AMPLE));
      theirs.add(request(another, NAS, bytes("theirs " + i), AMPLE));
    }
    for (int i = 0; i < 50; i++) {
      assertThat(text(answer(mine.get(i), AMPLE))).isEqualTo("mine " + i);
      assertThat(text(answer(theirs.get(i), AMPLE))).isEqualTo("theirs " + i);
    }
  }

  @Test
  void repliesShouldBeTakenInAnyOrder() {
    CompletableFuture<byte[]> first = new CompletableFuture<>();
    server.serve(
        NAS,
        request ->
            text(request.body()).equals("first")
                ? first
                : CompletableFuture.completedFuture(bytes("second's")));
    CompletableFuture<byte[]> slow = send(NAS, "first", AMPLE);
    assertThat(ask(NAS, "second")).isEqualTo("second's");
    first.complete(bytes("first's"));
    assertThat(text(answer(slow, AMPLE))).isEqualTo("first's");
  }

  @Test
  void aHandlerThatBlocksShouldHoldUpNobody() {
    CountDownLatch release = new CountDownLatch(1);
    server.serve(
        NAS,
        request -> {
          if (text(request.body()).equals("block")) {
            await(release);
          }
          return CompletableFuture.completedFuture(request.body());
        });
    server.serve(COMPUTE, echo(""));
    CompletableFuture<byte[]> blocked = send(NAS, "block", AMPLE);
    assertThat(ask(NAS, "pass")).isEqualTo("pass");
    assertThat(ask(COMPUTE, "pass too")).isEqualTo("pass too");
    assertThat(blocked).isNotDone();
    release.countDown();
    assertThat(text(answer(blocked, AMPLE))).isEqualTo("block");
  }

  @Test
  void manyHandlersThatBlockShouldNotHoldUpReplies() {
    CountDownLatch release = new CountDownLatch(1);
    opened("compute").serve(COMPUTE, echo(""));
    server.serve(
        NAS,
        request -> {
          byte[] answer = answer(request(server, COMPUTE, request.body(), AMPLE), AMPLE);
          await(release);
          return CompletableFuture.completedFuture(answer);
        });
    List<CompletableFuture<byte[]>> replies = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      replies.add(send(NAS, "n" + i, AMPLE));
    }
    release.countDown();
    for (int i = 0; i < 16; i++) {
      assertThat(text(answer(replies.get(i), AMPLE))).isEqualTo("n" + i);
    }
  }

  @Test
  void aRequestToNobodyShouldFailWithUnavailableAtOnce() {
    long begin = System.nanoTime();
    assertRefused(
        ErrorCode.UNAVAILABLE, () -> answer(send(NAS, "hello?", Duration.ofMinutes(10)), AMPLE));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(patience());
  }

  @Test
  void aRequestToNobodyShouldNameTheNode() {
    VmStoreException failure = Checks.failureOf(() -> answer(send(NAS, "hello?", AMPLE), AMPLE));
    assertThat(failure.problem()).contains("'nas1'");
  }

  @Test
  void aRequestShouldNotBeKeptForANodeThatComesLater() {
    Checks.failureOf(() -> answer(send(NAS, "early", AMPLE), AMPLE));
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    server.serve(
        NAS,
        request -> {
          seen.add(text(request.body()));
          return CompletableFuture.completedFuture(request.body());
        });
    ask(NAS, "late");
    assertThat(seen).containsExactly("late");
  }

  @Test
  void noReplyShouldBecomeDeadlineExceeded() {
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    server.serve(NAS, request -> never);
    VmStoreException failure =
        assertFails(
            ErrorCode.DEADLINE_EXCEEDED, () -> answer(send(NAS, "a", shortTimeout()), AMPLE));
    assertThat(failure.outcomeUnknown()).isTrue();
  }

  @Test
  void aHandlerThatFailsShouldLeaveTheNodeAnswering() {
    server.serve(
        NAS,
        request ->
            switch (text(request.body())) {
              case "throw" -> throw new IllegalStateException("a test's own");
              case "fail" ->
                  CompletableFuture.failedFuture(new IllegalStateException("a test's own"));
              default -> CompletableFuture.completedFuture(request.body());
            });
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED, () -> answer(send(NAS, "throw", shortTimeout()), AMPLE));
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED, () -> answer(send(NAS, "fail", shortTimeout()), AMPLE));
    assertThat(ask(NAS, "well")).isEqualTo("well");
  }

  @Test
  void aHandlerThatThrowsAnErrorShouldLeaveTheNodeAnswering() {
    server.serve(
        NAS,
        request -> {
          if (text(request.body()).equals("error")) {
            throw new AssertionError("a test's own");
          }
          return CompletableFuture.completedFuture(request.body());
        });
    assertFails(
        ErrorCode.DEADLINE_EXCEEDED, () -> answer(send(NAS, "error", shortTimeout()), AMPLE));
    assertThat(ask(NAS, "well")).isEqualTo("well");
  }

  @Test
  void aLateReplyShouldBeDropped() {
    BlockingQueue<CompletableFuture<byte[]>> answers = new LinkedBlockingQueue<>();
    server.serve(
        NAS,
        request -> {
          if (text(request.body()).equals("late")) {
            CompletableFuture<byte[]> later = new CompletableFuture<>();
            answers.add(later);
            return later;
          }
          return CompletableFuture.completedFuture(request.body());
        });
    CompletableFuture<byte[]> first = send(NAS, "late", shortTimeout());
    assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> answer(first, AMPLE));
    answers.remove().complete(bytes("too late"));
    assertThat(ask(NAS, "next")).isEqualTo("next");
    assertThat(first).isCompletedExceptionally();
  }

  @Test
  void anAbandonedFutureShouldHarmNobody() {
    CountDownLatch release = new CountDownLatch(1);
    server.serve(
        NAS,
        request -> {
          await(release);
          return CompletableFuture.completedFuture(request.body());
        });
    CompletableFuture<byte[]> abandoned = send(NAS, "a", AMPLE);
    abandoned.cancel(true);
    release.countDown();
    assertThat(ask(NAS, "b")).isEqualTo("b");
  }

  @Test
  void aSecondListenerOfANameShouldBeRefused() {
    server.serve(NAS, echo("first "));
    Transport second = opened("second");
    assertRefused(ErrorCode.ALREADY_EXISTS, () -> second.serve(NAS, echo("second ")));
    assertThat(ask(NAS, "a")).isEqualTo("first a");
    second.serve(OTHER_NAS, echo("second "));
    assertThat(ask(OTHER_NAS, "a")).isEqualTo("second a");
  }

  @Test
  void aNameShouldBeFreeAgainAfterItsTransportIsClosed() {
    server.serve(NAS, echo("first "));
    server.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> answer(send(NAS, "a", AMPLE), AMPLE));
    opened("successor").serve(NAS, echo("second "));
    assertThat(ask(NAS, "a")).isEqualTo("second a");
  }

  @Test
  void closeShouldFailWhatIsPendingWithCancelled() {
    BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    server.serve(
        NAS,
        request -> {
          arrived.add(request.id());
          return never;
        });
    CompletableFuture<byte[]> pending = send(NAS, "a", AMPLE);
    Awaitility.await().atMost(patience()).until(() -> !arrived.isEmpty());
    caller.close();
    VmStoreException failure = assertFails(ErrorCode.CANCELLED, () -> answer(pending, patience()));
    assertThat(failure.outcomeUnknown()).isTrue();
  }

  @Test
  void callsAfterCloseShouldFailWithUnavailable() {
    server.serve(NAS, echo(""));
    caller.close();
    assertRefused(ErrorCode.UNAVAILABLE, () -> answer(send(NAS, "a", AMPLE), AMPLE));
    assertRefused(ErrorCode.UNAVAILABLE, () -> caller.serve(COMPUTE, echo("")));
  }

  @Test
  void closeAgainShouldBeHarmless() {
    caller.close();
    assertThatCode(caller::close).doesNotThrowAnyException();
  }

  @Test
  void closeShouldLeaveOtherTransportsAlone() {
    server.serve(NAS, echo(""));
    opened("another").close();
    assertThat(ask(NAS, "a")).isEqualTo("a");
  }

  @Test
  void requestsShouldWorkAgainAfterTheConnectionWasLost() {
    server.serve(NAS, echo("re: "));
    assertThat(ask(NAS, "before")).isEqualTo("re: before");
    breakConnections();
    Awaitility.await()
        .atMost(AMPLE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(ask(NAS, "after")).isEqualTo("re: after"));
  }

  @Test
  void whatWasPendingWhenTheConnectionWasLostShouldStillBeAnswered() {
    BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
    CompletableFuture<byte[]> never = new CompletableFuture<>();
    server.serve(
        NAS,
        request -> {
          arrived.add(request.id());
          return never;
        });
    CompletableFuture<byte[]> pending = send(NAS, "a", patience().dividedBy(3));
    Awaitility.await().atMost(patience()).until(() -> !arrived.isEmpty());
    breakConnections();
    VmStoreException failure = Checks.failureOf(() -> answer(pending, AMPLE));
    assertThat(failure.outcomeUnknown()).isTrue();
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(AMPLE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("a test forgot a handler that waits");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
