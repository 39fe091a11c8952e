package io.vmstore.core.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import io.vmstore.CallOptions;
import io.vmstore.NasService;
import io.vmstore.ZvolStatus;
import io.vmstore.core.flow.HandScheduler;
import io.vmstore.error.ErrorCode;
import io.vmstore.error.VmStoreException;
import io.vmstore.model.ByteSize;
import io.vmstore.model.ChapSecrets;
import io.vmstore.model.Deadline;
import io.vmstore.model.Exposure;
import io.vmstore.model.Iqn;
import io.vmstore.model.MappingState;
import io.vmstore.model.NodeName;
import io.vmstore.model.PoolName;
import io.vmstore.model.Portal;
import io.vmstore.model.Target;
import io.vmstore.model.VolumeId;
import io.vmstore.model.ZvolName;
import io.vmstore.spi.Transport.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.ArgumentCaptor;

class RequestDispatcherTest {
  private static final String UNMAP =
      "{\"action\":\"unmap_zvol\",\"zvol\":\"v1\",\"operation_id\":\"op-1\"}";

  private static final String LIST = "{\"action\":\"list_zvols\"}";

  private static final Exposure EXPOSURE =
      new Exposure(
          ZvolName.parse("tank/v1"),
          VolumeId.random(),
          new NodeName("h"),
          new Iqn("iqn.2026-11.com.example:h"),
          new ByteSize(4096),
          new Target(new Iqn("iqn.2026-11.io.vmstore:t"), List.of(Portal.parse("10.0.0.1"))),
          new ChapSecrets("initiators0secret", "targets0own0secret"),
          1);

  private final HandScheduler scheduler = new HandScheduler();
  private final NasService nas = mock(NasService.class);
  private final RequestDispatcher dispatcher =
      RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, Authorization.ofOneUser("*"));

  @Test
  void aRepeatedRequestShouldGetTheFirstOnesAnswerWithoutASecondEffect() {
    when(nas.unmapZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(null));

    String first = reply("alice", UNMAP);
    String second = reply("alice", UNMAP);

    assertThat(second).isEqualTo(first).contains("\"status\":\"success\"");
    verify(nas, times(1)).unmapZvol(any(), any());
  }

  @Test
  void aRepetitionDuringTheExecutionShouldWaitForIt() {
    CompletableFuture<Void> work = new CompletableFuture<>();
    when(nas.unmapZvol(any(), any())).thenReturn(work);

    CompletableFuture<byte[]> first = handle("alice", UNMAP);
    CompletableFuture<byte[]> second = handle("alice", UNMAP);
    work.complete(null);

    assertThat(second).isCompletedWithValue(first.join());
    verify(nas, times(1)).unmapZvol(any(), any());
  }

  @Test
  void aRepetitionShouldBeAnsweredInItsOwnTime() {
    when(nas.unmapZvol(any(), any())).thenReturn(new CompletableFuture<>());
    handle("alice", UNMAP);

    CompletableFuture<byte[]> second = handle("alice", UNMAP);
    scheduler.pass(Duration.ofSeconds(2));

    assertThat(text(second)).contains("DEADLINE_EXCEEDED").contains("\"outcome_unknown\":true");
  }

  @Test
  void anotherSendersOperationOfTheSameNameShouldBeItsOwn() {
    when(nas.unmapZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(null));

    reply("alice", UNMAP);
    reply("mallory", UNMAP);

    verify(nas, times(2)).unmapZvol(any(), any());
  }

  @Test
  void anExposuresSecretsShouldGoToWhoAskedAndMayAsk() {
    String body =
        "{\"action\":\"expose_zvol\",\"operation_id\":\"op-1\",\"zvol\":\"v1\",\"remotehost\":\"h\",\"initiator\":\"iqn.2026-11.com.example:h\",\"size_bytes\":4096}";
    RequestDispatcher guarded =
        RequestDispatcher.forNas(nas, new PoolName("tank"), scheduler, Authorization.standard());
    Function<String, String> answer =
        sender ->
            text(
                guarded
                    .handle(new StoppedRequest("message-1", sender, body))
                    .toCompletableFuture());
    when(nas.exposeZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(EXPOSURE));
    assertThat(answer.apply("vmstore-frontend")).contains("initiators0secret");
    when(nas.exposeZvol(any(), any()))
        .thenReturn(
            CompletableFuture.failedFuture(
                VmStoreException.builder(ErrorCode.FAILED_PRECONDITION, "mapped").build()));
    assertThat(answer.apply("vmstore-frontend-2")).doesNotContain("initiators0secret");
    for (String sender : List.of("vmstore-compute-c1", "vmstore-nas-nas2", "")) {
      assertThat(answer.apply(sender)).contains("PERMISSION_DENIED");
    }
    verify(nas, times(2)).exposeZvol(any(), any());
  }

  @Test
  void aFailureThatARetryMayCureShouldBeExecutedAgainForItsCallerAndNotForTheBroker() {
    when(nas.unmapZvol(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.UNAVAILABLE)))
        .thenReturn(CompletableFuture.completedFuture(null));

    String first = reply("alice", UNMAP);

    assertThat(first).contains("\"code\":\"UNAVAILABLE\"");
    assertThat(reply("alice", UNMAP)).isEqualTo(first); // the same message, delivered again
    assertThat(text(handle(new StoppedRequest("message-2", "alice", UNMAP))))
        .contains("\"status\":\"success\"");
  }

  @Test
  void aFinalRefusalShouldStandForItsRepetition() {
    when(nas.unmapZvol(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.FAILED_PRECONDITION)));

    reply("alice", UNMAP);
    assertThat(reply("alice", UNMAP)).contains("FAILED_PRECONDITION");
    verify(nas, times(1)).unmapZvol(any(), any());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "[]",
        "{}",
        "{\"action\":7}",
        "{\"action\":\"map_zvol\"}",
        "{\"action\":\"map_zvol\",\"zvol\":\"../v\",\"remotehost\":\"c1\",\"size_bytes\":1}",
        "{\"action\":\"map_zvol\",\"zvol\":\"v\",\"remotehost\":\"c1\",\"size_bytes\":\"1\"}",
        "{\"action\":\"map_zvol\",\"zvol\":\"v\",\"remotehost\":\"c1\",\"size_bytes\":-1}",
        "{\"action\":\"map_zvol\",\"zvol\":\"v\",\"remotehost\":\"c1\",\"size_bytes\":1e400}",
        "{\"action\":\"map_zvol\",\"zvol\":\"v\",\"remotehost\":\"c1\",\"size_bytes\":9223372036854775808}",
        "{\"action\":\"\\ud800\"}",
        "{\"action\":\"list_zvols\"}{}",
        "{\"action\":\"list_zvols\",\"action\":\"list_zvols\"}",
        "{\"action\":\"list_zvols\",\"operation_id\":\"a b\"}",
        "{\"action\":\"unmap_zvol\",\"zvol\":\"--\"}",
        "{\"action\":\"unmap_zvol\",\"zvol\":\"-o\"}"
      })
  void badInputShouldBeAnsweredAndReachNoRole(String body) {
    assertThat(reply("alice", body))
        .contains("\"status\":\"error\"")
        .contains("\"code\":\"INVALID_ARGUMENT\"");
    verifyNoInteractions(nas);
  }

  @ParameterizedTest
  @ValueSource(strings = {"set_zvol", "MAP_ZVOL", "toString", ""})
  void anActionOfAnotherRoleShouldBeUnsupported(String action) {
    assertThat(reply("alice", "{\"action\":\"" + action + "\"}"))
        .contains("\"error\":\"action_unsupported\"")
        .contains("\"code\":\"UNIMPLEMENTED\"");
  }

  @Test
  void aRequestLongerThanAnyShouldBeRefusedUnread() {
    assertThat(reply("alice", "[".repeat(64 * 1024 + 1)))
        .contains("INVALID_ARGUMENT")
        .contains("65537 bytes");
  }

  @Test
  void whatAPeerSendsShouldForgeNoLineInTheAnswer() {
    assertThat(reply("alice", "{\"action\":\"x\\nERROR\\u001b[2J\"}"))
        .contains("UNIMPLEMENTED")
        .doesNotContain("\\n")
        .doesNotContain("\\u001B[");
  }

  @Test
  void oneSendersFloodShouldBeRefusedAndTheOthersServed() {
    when(nas.listZvols(any(), any())).thenReturn(new CompletableFuture<>());
    for (int i = 0; i < RequestLimit.OF_ONE_SENDER; i++) {
      assertThat(handle("mallory", LIST)).isNotCompleted();
    }

    assertThat(reply("mallory", LIST))
        .contains("\"code\":\"BUSY\"")
        .contains("\"retry-after\":\"500\"")
        .contains("\"outcome_unknown\":false");
    when(nas.listZvols(any(), any())).thenReturn(CompletableFuture.completedFuture(List.of()));
    assertThat(reply("alice", LIST)).contains("\"status\":\"success\"");
  }

  @Test
  void whatHasEndedShouldMakeRoomHoweverItEnded() {
    when(nas.listZvols(any(), any()))
        .thenReturn(CompletableFuture.failedFuture(failure(ErrorCode.INTERNAL)))
        .thenThrow(new IllegalStateException("defect"))
        .thenReturn(CompletableFuture.completedFuture(List.of()));

    for (int i = 0; i < 2 * RequestLimit.OF_ONE_SENDER; i++) {
      assertThat(reply("alice", LIST)).doesNotContain("BUSY");
    }
  }

  @Test
  void manySendersTogetherShouldFindALimitToo() {
    when(nas.listZvols(any(), any())).thenReturn(new CompletableFuture<>());
    for (int i = 0; i < RequestLimit.IN_ALL; i++) {
      assertThat(handle("sender-" + i, LIST)).isNotCompleted();
    }

    assertThat(reply("alice", LIST)).contains("BUSY").contains("512 requests are in work");
  }

  @Test
  void anAnswerThatCannotBeCarriedShouldBecomeAnErrorThatCan() {
    List<ZvolStatus> many =
        IntStream.range(0, 100)
            .mapToObj(i -> ZvolName.parse("tank/v" + i))
            .map(zvol -> new ZvolStatus(zvol, null, MappingState.DELETING, null, null))
            .toList();
    when(nas.listZvols(any(), any())).thenReturn(CompletableFuture.completedFuture(many));

    StoppedRequest request = new StoppedRequest("message-1", "alice", LIST);
    assertThat(text(dispatcher.within(1000).handle(request).toCompletableFuture()))
        .hasSizeLessThan(1000)
        .contains("RESOURCE_EXHAUSTED")
        .contains("1000 is the most")
        .contains("\"outcome_unknown\":false");
  }

  @Test
  void nobodyShouldKeepARequestInWorkForDays() {
    when(nas.listZvols(any(), any())).thenReturn(CompletableFuture.completedFuture(List.of()));
    Deadline absurd = Deadline.after(Duration.ofMillis(Long.MAX_VALUE), () -> 0);

    handle(new StoppedRequest("message-1", "alice", LIST, absurd));

    ArgumentCaptor<CallOptions> options = ArgumentCaptor.forClass(CallOptions.class);
    verify(nas).listZvols(any(), options.capture());
    assertThat(options.getValue().timeout()).isLessThanOrEqualTo(Duration.ofHours(1));
  }

  @Test
  void oneSendersOperationsShouldNotHaveAnothersForgotten() {
    when(nas.unmapZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(null));
    reply("alice", UNMAP);

    for (int i = 0; i < 10_001; i++) {
      reply("mallory", UNMAP.replace("op-1", "op-" + i));
    }
    reply("alice", UNMAP);

    verify(nas, times(10_002)).unmapZvol(any(), any());
  }

  @Test
  void aRoleThatThrowsShouldStillBeAnswered() {
    when(nas.unmapZvol(any(), any())).thenThrow(new StackOverflowError("deep"));

    assertThat(reply("alice", UNMAP)).contains("\"code\":\"INTERNAL\"").contains("deep");
  }

  @Test
  void theRoleShouldGetLessTimeThanTheCallerHas() {
    when(nas.unmapZvol(any(), any())).thenReturn(CompletableFuture.completedFuture(null));

    reply("alice", UNMAP);

    ArgumentCaptor<CallOptions> options = ArgumentCaptor.forClass(CallOptions.class);
    verify(nas).unmapZvol(any(ZvolName.class), options.capture());
    assertThat(options.getValue().timeout()).isEqualTo(Duration.ofMillis(1800));
    assertThat(options.getValue().operation().value()).isEqualTo("op-1");
  }

  private String reply(String sender, String body) {
    return text(handle(sender, body));
  }

  private static String text(CompletableFuture<byte[]> reply) {
    assertThat(reply).isCompleted();
    return new String(reply.join(), UTF_8);
  }

  private CompletableFuture<byte[]> handle(String sender, String body) {
    return handle(new StoppedRequest("message-1", sender, body));
  }

  private CompletableFuture<byte[]> handle(StoppedRequest request) {
    return dispatcher.handle(request).toCompletableFuture();
  }

  private static VmStoreException failure(ErrorCode code) {
    return VmStoreException.builder(code, "failed").build();
  }

  /** A request on a clock that stands still, with two seconds to go when nothing else is said. */
  private record StoppedRequest(String id, String sender, String text, Deadline deadline)
      implements Request {
    StoppedRequest(String id, String sender, String text) {
      this(id, sender, text, Deadline.after(Duration.ofSeconds(2), () -> 0));
    }

    @Override
    public byte[] body() {
      return text.getBytes(UTF_8);
    }
  }
}
